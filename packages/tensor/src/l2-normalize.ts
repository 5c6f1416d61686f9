import * as tf from "@tensorflow/tfjs";
import { withoutGradient } from "./detach.ts";

/**
 * Rows of length one: `x / max(‖x‖₂, ε)`, as `torch.nn.functional.normalize`. Its gradient is finite
 * at zero (that of `tf.norm` is not). Differentiable to any order.
 *
 * @param x - `[…, C]`.
 * @param epsilon - @defaultValue 1e-12 (PyTorch)
 */
export function l2Normalize<T extends tf.Tensor>(x: T, epsilon = 1e-12): T {
  return tf.tidy(() => {
    const squared = tf.sum(tf.square(x), -1, true);
    const missing = withoutGradient(() => tf.relu(tf.sub(epsilon * epsilon, squared)));
    // Not by rsqrt, whose gradient cubes the length: that overflows from 1e13 on.
    return tf.div(x, tf.sqrt(tf.add(squared, missing))) as T;
  });
}
