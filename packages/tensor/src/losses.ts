import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "./errors.ts";

/**
 * Rows of length one: `x / max(‖x‖₂, ε)`, as `torch.nn.functional.normalize`. Its gradient is finite
 * at zero (that of `tf.norm` is not).
 *
 * @param x - `[…, C]`.
 * @param epsilon - @defaultValue 1e-12 (PyTorch)
 */
export function l2Normalize<T extends tf.Tensor>(x: T, epsilon = 1e-12): T {
  return tf.tidy(() => {
    const squared = tf.sum(tf.square(x), -1, true);
    return tf.mul(x, tf.rsqrt(tf.maximum(squared, epsilon * epsilon))) as T;
  });
}

/**
 * Mean squared error over all elements, as `torch.nn.functional.mse_loss`.
 *
 * @throws ShapeError when the shapes differ; nothing is broadcast.
 */
export function meanSquaredError(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  if (a.shape.join() !== b.shape.join()) {
    throw new ShapeError(
      `meanSquaredError: both must have one shape, got [${a.shape.join(", ")}] and [${b.shape.join(", ")}].`,
      a.shape.join(" "),
      b.shape,
    );
  }
  return tf.tidy(() => tf.mean(tf.square(tf.sub(a, b))));
}
