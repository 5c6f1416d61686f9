import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.ts";
import { type NativeKernel, offers, runUnary } from "./native-kernel.ts";
import { tensorFlowOp } from "./tensor-flow-op.ts";

const layout = { data_format: "NHWC" };

const ADD_BIAS: NativeKernel = {
  name: "DiraAddBias",
  run: ({ x, bias }) => tensorFlowOp("BiasAdd", [x, bias] as tf.Tensor[], layout),
  gradient: {
    of: (dy) => ({
      x: () => tf.clone(dy),
      bias: () => runUnary(SUM_POSITIONS, { x: dy }),
    }),
  },
};

/** The sum over all axes but the last. */
const SUM_POSITIONS: NativeKernel = {
  name: "DiraSumPositions",
  run: ({ x }) => tensorFlowOp("BiasAddGrad", [x as tf.Tensor], layout),
  gradient: {
    inputs: ["x"],
    of: (dy, [x]) => ({ x: () => tf.add(tf.zerosLike(x as tf.Tensor), dy) }),
  },
};

/**
 * Adds one value per channel. Keeps nothing for its gradient, where the general addition keeps both inputs.
 *
 * @param x - `[…, C]`. @param bias - `[C]`.
 */
export function addBias<T extends tf.Tensor>(x: T, bias: tf.Tensor): T {
  if (offers(ADD_BIAS, SUM_POSITIONS)) return runUnary(ADD_BIAS, { x, bias }) as T;
  return withGradient<T>([x, bias], () => ({
    value: tf.add(x, bias),
    gradient: (dy) => [
      tf.clone(dy),
      tf.sum(
        dy,
        dy.shape.slice(0, -1).map((_, axis) => axis),
      ),
    ],
  }));
}
