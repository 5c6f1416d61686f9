import * as tf from "@tensorflow/tfjs";
import { fromMaxima } from "./max-windows.ts";
import { type NativeKernel, offers, runUnary } from "./native-kernel.ts";
import { LOWEST_FLOAT32 } from "./pool-options.ts";
import { type OpAttribute, tensorFlowOp } from "./tensor-flow-op.ts";

/** Of a 2D max pooling; also the attributes of its kernels. */
interface Geometry {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}

/** Without a padded copy to make and keep. */
const MAX_POOL: NativeKernel = {
  name: "DiraMaxPool2d",
  run: ({ x }, attributes) => tensorFlowOp("MaxPool", [x as tf.Tensor], windows(attributes)),
  gradient: {
    inputs: ["x"],
    outputs: [true],
    of: (dy, [x, y], attributes) => ({
      x: () => runUnary(MAX_POOL_GRADIENT, { x, y, dy } as Record<string, tf.Tensor>, attributes),
    }),
  },
};

const MAX_POOL_GRADIENT: NativeKernel = {
  name: "DiraMaxPool2dGrad",
  run: ({ x, y, dy }, attributes) =>
    tensorFlowOp("MaxPoolGrad", [x, y, dy] as tf.Tensor[], windows(attributes)),
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

/** A 2D max pooling by the engine's own kernels, or undefined where it has none. */
export function nativeMaxPool2d(x: tf.Tensor, geometry: Geometry): tf.Tensor | undefined {
  if (x.rank !== 4 || !offers(MAX_POOL, MAX_POOL_GRADIENT)) return undefined;
  return runUnary(MAX_POOL, { x }, { ...geometry });
}

function windows(attributes: Readonly<Record<string, unknown>>): Record<string, OpAttribute> {
  const { size, stride, padding } = attributes as unknown as Geometry;
  const options = { ksize: [1, ...size, 1], strides: [1, ...stride, 1], data_format: "NHWC" };
  if (padding.every((p) => p === 0)) return { ...options, padding: "VALID" };
  const border = padding.flatMap((p) => [p, p]);
  return { ...options, padding: "EXPLICIT", explicit_paddings: [0, 0, ...border, 0, 0] };
}
