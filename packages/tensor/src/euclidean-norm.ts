import * as tf from "@tensorflow/tfjs";
import { offersKernel } from "./in-place.ts";

const KERNEL = "DiraEuclideanNorm";

/**
 * `‖x‖₂ = √Σ xᵢ²` over all elements, as `torch.linalg.vector_norm`, in one pass over memory on
 * `tensorflow` (or an engine with the kernel `DiraEuclideanNorm`, x → norm). It has no gradient.
 */
export function euclideanNorm(x: tf.Tensor): tf.Scalar {
  if (!offersKernel(KERNEL, runNorm)) return tf.tidy(() => tf.sqrt(tf.sum(tf.square(x))));
  return tf.engine().runKernel(KERNEL, { x }) as tf.Tensor as tf.Scalar;
}

const runNorm: tf.KernelFunc = ({ inputs, backend }) => {
  const engine = backend as {
    readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_FLOAT: number };
    executeSingleOutput(name: string, attributes: object[], x: tf.TensorInfo[]): tf.Tensor;
  };
  const { TF_ATTR_TYPE, TF_FLOAT } = engine.binding;
  const type = { name: "T", type: TF_ATTR_TYPE, value: TF_FLOAT };
  return tf.tidy(() => {
    // TensorFlow's loss is half the sum of squares.
    const half = engine.executeSingleOutput("L2Loss", [type], [inputs["x"] as tf.TensorInfo]);
    return tf.sqrt(tf.mul(half, 2));
  });
};
