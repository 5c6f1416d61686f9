import * as tf from "@tensorflow/tfjs";
import { type NativeKernel, offers, runUnary } from "./native-kernel.ts";
import { tensorFlowOp } from "./tensor-flow-op.ts";

const KERNEL: NativeKernel = {
  name: "DiraEuclideanNorm",
  run: ({ x }) => [
    tf.tidy(() => {
      // TensorFlow's loss is half the sum of squares.
      const [half] = tensorFlowOp("L2Loss", [x as tf.Tensor]);
      return tf.sqrt(tf.mul(half as tf.Tensor, 2));
    }),
  ],
};

/**
 * `‖x‖₂ = √Σ xᵢ²` over all elements, as `torch.linalg.vector_norm`, in one pass over memory where the
 * engine offers the kernel `DiraEuclideanNorm` (x → norm). It has no gradient.
 */
export function euclideanNorm(x: tf.Tensor): tf.Scalar {
  if (offers(KERNEL)) return runUnary(KERNEL, { x }) as tf.Scalar;
  return tf.tidy(() => tf.sqrt(tf.sum(tf.square(x))));
}
