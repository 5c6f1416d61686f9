import * as tf from "@tensorflow/tfjs";
import { type Attributes, type NativeKernel, offers, runUnary } from "./native-kernel.ts";
import { withoutIdleStrides } from "./idle-strides.ts";
import { type OpAttribute, tensorFlowOp } from "./tensor-flow-op.ts";

/** Of a convolution; also the attributes of its kernels. */
interface Geometry {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}

/** The geometry of a gradient, with the shape of what it is the gradient of. */
interface Target extends Geometry {
  readonly shape: readonly number[];
}

/** Up to this many input channels (images), oneDNN's gradients want other paddings than above. */
const FEW_CHANNELS = 4;

/** The three sides of a convolution, whose gradients are each other. */
interface ConvKernels {
  readonly forward: NativeKernel;
  /** The adjoint of the convolution in its input. */
  readonly input: NativeKernel;
  /** The adjoint of the convolution in its filter. */
  readonly filter: NativeKernel;
}

/** TensorFlow's volumes know no explicit padding, so it runs those of images only. */
function kernelsOf(spatialRank: 2 | 3): ConvKernels {
  const name = `DiraConv${spatialRank}d`;
  const run = (f: NonNullable<NativeKernel["run"]>): Pick<NativeKernel, "run"> =>
    spatialRank === 2 ? { run: f } : {};
  return {
    forward: {
      name,
      ...run(runForward),
      gradient: {
        inputs: ["x", "filter"],
        of: (dy, saved, attributes) => {
          const [x, filter] = saved as [tf.Tensor, tf.Tensor];
          return {
            x: () => inputGradient(dy, filter, x.shape, attributes),
            filter: () => filterGradient(x, dy, filter.shape, attributes),
          };
        },
      },
    },
    input: {
      name: `${name}InputGrad`,
      ...run(runInputGradient),
      gradient: {
        inputs: ["dy", "filter"],
        of: (ddx, saved, attributes) => {
          const [dy, filter] = saved as [tf.Tensor, tf.Tensor];
          return {
            dy: () => forward(ddx, filter, attributes),
            filter: () => filterGradient(ddx, dy, filter.shape, attributes),
          };
        },
      },
    },
    filter: {
      name: `${name}FilterGrad`,
      ...run(runFilterGradient),
      gradient: {
        inputs: ["x", "dy"],
        of: (ddw, saved, attributes) => {
          const [x, dy] = saved as [tf.Tensor, tf.Tensor];
          return {
            x: () => inputGradient(dy, ddw, x.shape, attributes),
            dy: () => forward(x, ddw, attributes),
          };
        },
      },
    },
  };
}

const runForward: NonNullable<NativeKernel["run"]> = ({ x, filter }, attributes) => {
  const kernel = (filter as tf.Tensor).shape;
  const given = { x: x as tf.Tensor, ...(attributes as unknown as Geometry) };
  return [
    tf.tidy(() => {
      const { x: seen, ...geometry } = withoutIdleStrides(given, kernel.slice(0, -2));
      return runOne("Conv2D", [seen, filter as tf.Tensor], explicit(geometry, kernel));
    }),
  ];
};

const runInputGradient: NonNullable<NativeKernel["run"]> = ({ dy, filter }, attributes) => [
  tf.tidy(() => {
    const { shape, ...geometry } = attributes as unknown as Target;
    const { padding } = geometry;
    const kernel = (filter as tf.Tensor).shape;
    const run = (sizes: readonly number[], options: Options): tf.Tensor =>
      runOne(
        "Conv2DBackpropInput",
        [tf.tensor1d([...sizes], "int32"), filter, dy] as tf.Tensor[],
        options,
      );
    if (isSame(geometry, kernel) || (shape[3] ?? 0) <= FEW_CHANNELS) {
      return run(shape, explicit(geometry, kernel));
    }
    // With explicit padding it would leave oneDNN: at the padded size, then cropped.
    const grown = shape.map((size, axis) => size + 2 * (padding[axis - 1] ?? 0));
    return tf.slice(run(grown, valid(geometry)), [0, ...padding, 0], [...shape]);
  }),
];

const runFilterGradient: NonNullable<NativeKernel["run"]> = ({ x, dy }, attributes) => [
  tf.tidy(() => {
    const { shape, ...geometry } = attributes as unknown as Target;
    const run = (image: tf.Tensor, options: Options): tf.Tensor =>
      runOne(
        "Conv2DBackpropFilter",
        [image, tf.tensor1d([...shape], "int32"), dy] as tf.Tensor[],
        options,
      );
    if (isSame(geometry, shape) || (shape[2] ?? 0) > FEW_CHANNELS) {
      return run(x as tf.Tensor, explicit(geometry, shape));
    }
    const border = geometry.padding.map((p): [number, number] => [p, p]);
    return run(tf.pad(x as tf.Tensor, [[0, 0], ...border, [0, 0]]), valid(geometry));
  }),
];

const kernels = { 4: kernelsOf(2), 5: kernelsOf(3) };

const of = ({ rank }: tf.Tensor): ConvKernels => kernels[rank as 4 | 5];

/**
 * A convolution by the engine's own kernels, or undefined where it has none. Against TensorFlow.js's
 * there is no padded copy of the input to make, keep and crop, and gradients exist to any order.
 */
export function nativeConv(
  x: tf.Tensor,
  filter: tf.Tensor,
  geometry: Geometry,
): tf.Tensor | undefined {
  return offers(...Object.values(of(x))) ? forward(x, filter, { ...geometry }) : undefined;
}

function forward(x: tf.Tensor, filter: tf.Tensor, attributes: Attributes): tf.Tensor {
  return runUnary(of(x).forward, { x, filter }, geometryOf(attributes));
}

/** The gradients of {@link nativeConv} by filter and input, each when it is called. */
export function nativeConvGradients(
  x: tf.Tensor,
  filter: tf.Tensor,
  dy: tf.Tensor,
  geometry: Geometry,
): [() => tf.Tensor, () => tf.Tensor] | undefined {
  if (!offers(...Object.values(of(x)))) return undefined;
  return [
    () => filterGradient(x, dy, filter.shape, { ...geometry }),
    () => inputGradient(dy, filter, x.shape, { ...geometry }),
  ];
}

function inputGradient(
  dy: tf.Tensor,
  filter: tf.Tensor,
  shape: readonly number[],
  attributes: Attributes,
): tf.Tensor {
  return runUnary(of(dy).input, { dy, filter }, { ...geometryOf(attributes), shape });
}

function filterGradient(
  x: tf.Tensor,
  dy: tf.Tensor,
  shape: readonly number[],
  attributes: Attributes,
): tf.Tensor {
  return runUnary(of(x).filter, { x, dy }, { ...geometryOf(attributes), shape });
}

type Options = Readonly<Record<string, OpAttribute>>;

function geometryOf({ stride, padding }: Attributes): Attributes {
  return { stride, padding };
}

function isSame({ stride, padding }: Geometry, kernel: readonly number[]): boolean {
  return stride.every((s, axis) => s === 1 && 2 * (padding[axis] ?? 0) === (kernel[axis] ?? 0) - 1);
}

function valid({ stride }: Geometry): Options {
  return { strides: [1, ...stride, 1], data_format: "NHWC", padding: "VALID" };
}

/** `SAME` or `VALID` where they mean the same, since TensorFlow has the faster kernels for them. */
function explicit(geometry: Geometry, kernel: readonly number[]): Options {
  const options = valid(geometry);
  if (geometry.padding.every((p) => p === 0)) return options;
  if (isSame(geometry, kernel)) return { ...options, padding: "SAME" };
  const border = geometry.padding.flatMap((p) => [p, p]);
  return { ...options, padding: "EXPLICIT", explicit_paddings: [0, 0, ...border, 0, 0] };
}

function runOne(name: string, inputs: readonly tf.Tensor[], options: Options): tf.Tensor {
  return tensorFlowOp(name, inputs, options)[0] as tf.Tensor;
}
