import * as tf from "@tensorflow/tfjs";
import { fromMaxima } from "./max-windows.ts";
import { type NativeKernel, offers, runUnary } from "./native-kernel.ts";
import { LOWEST_FLOAT32 } from "./pool-options.ts";
import { type OpAttribute, tensorFlowOp } from "./tensor-flow-op.ts";

/** Of a max pooling; also the attributes of its kernels. */
interface Geometry {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}

interface MaxPoolKernels {
  readonly forward: NativeKernel;
  readonly gradient: NativeKernel;
}

/** What each pooling does on TensorFlow. */
const RUNS = {
  2: { forward: poolImages, gradient: imagesGradient },
  3: { forward: poolVolumes, gradient: volumesGradient },
} as const;

/** Without a padded copy to make and keep. */
function kernelsOf(spatialRank: 2 | 3): MaxPoolKernels {
  const name = `DiraMaxPool${spatialRank}d`;
  const gradient: NativeKernel = {
    name: `${name}Grad`,
    run: ({ x, y, dy }, attributes) => [
      RUNS[spatialRank].gradient([x, y, dy] as Triple, attributes as unknown as Geometry),
    ],
    gradient: {
      inputs: ["x", "y"],
      // Linear in dy; x and y only say where the maxima are.
      of: (g, saved, attributes) => {
        const [x, y] = saved as [tf.Tensor, tf.Tensor];
        const { size, stride, padding } = attributes as unknown as Geometry;
        const pad = (t: tf.Tensor, value: number): tf.Tensor =>
          tf.pad(t, [[0, 0], ...padding.map((p): [number, number] => [p, p]), [0, 0]], value);
        return {
          x: () => tf.zerosLike(x),
          y: () => tf.zerosLike(y),
          dy: () => {
            const pooled = { x: pad(x, LOWEST_FLOAT32), maxima: y, size, stride };
            return fromMaxima(pad(g, 0), pooled);
          },
        };
      },
    },
  };
  const forward: NativeKernel = {
    name,
    run: ({ x }, attributes) => [
      RUNS[spatialRank].forward(x as tf.Tensor, attributes as unknown as Geometry),
    ],
    gradient: {
      inputs: ["x"],
      outputs: [true],
      of: (dy, [x, y], attributes) => ({
        x: () => runUnary(gradient, { x, y, dy } as Record<string, tf.Tensor>, attributes),
      }),
    },
  };
  return { forward, gradient };
}

type Triple = [x: tf.Tensor, y: tf.Tensor, dy: tf.Tensor];

function poolImages(x: tf.Tensor, geometry: Geometry): tf.Tensor {
  return tensorFlowOp("MaxPool", [x], windows(geometry))[0] as tf.Tensor;
}

function imagesGradient(tensors: Triple, geometry: Geometry): tf.Tensor {
  return tensorFlowOp("MaxPoolGrad", tensors, windows(geometry))[0] as tf.Tensor;
}

/**
 * A maximum over boxes is one over lines of maxima over planes, and the first of equal values stays the first. TensorFlow's
 * own gradient of volumes works on one core, that of images on all; and its volumes know no explicit padding.
 */
function poolVolumes(x: tf.Tensor, geometry: Geometry): tf.Tensor {
  const { planes, lines } = separated(x.shape, geometry);
  return tf.tidy(() => {
    const flat = poolImages(tf.reshape(x, planes.input), planes.geometry);
    return tf.reshape(poolImages(tf.reshape(flat, lines.input), lines.geometry), lines.result);
  });
}

/** The maxima over planes are computed again: keeping them would cost more than that. */
function volumesGradient([x, y, dy]: Triple, geometry: Geometry): tf.Tensor {
  const { planes, lines } = separated(x.shape, geometry);
  return tf.tidy(() => {
    const slices = tf.reshape(x, planes.input);
    const flat = poolImages(slices, planes.geometry);
    const stacked = tf.reshape(flat, lines.input);
    const [top, above] = [y, dy].map((t) => tf.reshape(t, lines.output)) as [tf.Tensor, tf.Tensor];
    const below = imagesGradient([stacked, top, above], lines.geometry);
    const into = tf.reshape(below, flat.shape);
    return tf.reshape(imagesGradient([slices, flat, into], planes.geometry), x.shape);
  });
}

interface Planes {
  readonly input: number[];
  readonly geometry: Geometry;
}

interface Lines extends Planes {
  readonly output: number[];
  readonly result: number[];
}

/** A pooling of volumes as one of their planes, `[N · D, H, W, C]`, then one of the lines, `[N, D, H' · W', C]`. */
function separated(
  shape: readonly number[],
  { size, stride, padding }: Geometry,
): { readonly planes: Planes; readonly lines: Lines } {
  const [N, D, H, W, C] = shape as [number, number, number, number, number];
  const [d, h, w] = [D, H, W].map((side, axis) => {
    const [window, step, p] = [size[axis] ?? 1, stride[axis] ?? 1, padding[axis] ?? 0];
    return Math.floor((side + 2 * p - window) / step) + 1;
  }) as [number, number, number];
  const inPlane = (values: readonly number[]): readonly number[] => values.slice(1);
  const along = (values: readonly number[], other: number): readonly number[] => [
    values[0] ?? other,
    other,
  ];
  return {
    planes: {
      input: [N * D, H, W, C],
      geometry: { size: inPlane(size), stride: inPlane(stride), padding: inPlane(padding) },
    },
    lines: {
      input: [N, D, h * w, C],
      output: [N, d, h * w, C],
      result: [N, d, h, w, C],
      geometry: { size: along(size, 1), stride: along(stride, 1), padding: along(padding, 0) },
    },
  };
}

const kernels = { 4: kernelsOf(2), 5: kernelsOf(3) };

/** A max pooling by the engine's own kernels, or undefined where it has none. */
export function nativeMaxPool(x: tf.Tensor, geometry: Geometry): tf.Tensor | undefined {
  const { forward, gradient } = kernels[x.rank as 4 | 5];
  return offers(forward, gradient) ? runUnary(forward, { x }, { ...geometry }) : undefined;
}

function windows({ size, stride, padding }: Geometry): Record<string, OpAttribute> {
  const options = { ksize: [1, ...size, 1], strides: [1, ...stride, 1], data_format: "NHWC" };
  if (padding.every((p) => p === 0)) return { ...options, padding: "VALID" };
  const border = padding.flatMap((p) => [p, p]);
  return { ...options, padding: "EXPLICIT", explicit_paddings: [0, 0, ...border, 0, 0] };
}
