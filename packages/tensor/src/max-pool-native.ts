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

/** Without a padded copy to make and keep. TensorFlow's volumes know no explicit padding. */
function kernelsOf(spatialRank: 2 | 3): MaxPoolKernels {
  const name = `DiraMaxPool${spatialRank}d`;
  const gradient: NativeKernel = {
    name: `${name}Grad`,
    ...(spatialRank === 2 ? { run: runGradient } : {}),
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
    ...(spatialRank === 2 ? { run: runForward } : {}),
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

const runForward: NonNullable<NativeKernel["run"]> = ({ x }, attributes) =>
  tensorFlowOp("MaxPool", [x as tf.Tensor], windows(attributes));

const runGradient: NonNullable<NativeKernel["run"]> = ({ x, y, dy }, attributes) =>
  tensorFlowOp("MaxPoolGrad", [x, y, dy] as tf.Tensor[], windows(attributes));

const kernels = { 4: kernelsOf(2), 5: kernelsOf(3) };

/** A max pooling by the engine's own kernels, or undefined where it has none. */
export function nativeMaxPool(x: tf.Tensor, geometry: Geometry): tf.Tensor | undefined {
  const { forward, gradient } = kernels[x.rank as 4 | 5];
  return offers(forward, gradient) ? runUnary(forward, { x }, { ...geometry }) : undefined;
}

function windows(attributes: Readonly<Record<string, unknown>>): Record<string, OpAttribute> {
  const { size, stride, padding } = attributes as unknown as Geometry;
  const options = { ksize: [1, ...size, 1], strides: [1, ...stride, 1], data_format: "NHWC" };
  if (padding.every((p) => p === 0)) return { ...options, padding: "VALID" };
  const border = padding.flatMap((p) => [p, p]);
  return { ...options, padding: "EXPLICIT", explicit_paddings: [0, 0, ...border, 0, 0] };
}
