import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.ts";

/**
 * `y = (x − mean) / √(variance + ε)` over `axes`, with the biased variance, and its exact gradient
 * in few passes: `dx = (dy − mean(dy) − y · mean(dy · y)) / √(variance + ε)`.
 *
 * @param onMoments - receives the mean and the biased variance (kept axes of size 1) while the
 *   forward pass runs; clone what should outlive the call.
 */
export function normalize(
  x: tf.Tensor,
  axes: number[],
  epsilon: number,
  onMoments?: (mean: tf.Tensor, variance: tf.Tensor) => void,
): tf.Tensor {
  return withGradient([x], (save) => {
    const { mean, variance } = tf.moments(x, axes, true);
    onMoments?.(mean, variance);
    save([x]);
    const gradient = (dy: tf.Tensor, [saved]: readonly tf.Tensor[]): tf.Tensor[] => [
      normalizeGradient(dy, saved as tf.Tensor, axes, epsilon),
    ];
    return { value: tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon))), gradient };
  });
}

/**
 * The gradient of {@link normalize}, from basic operations only and recomputed from the input, so that
 * second-order gradients see the whole chain.
 */
export function normalizeGradient(
  dy: tf.Tensor,
  x: tf.Tensor,
  axes: number[],
  epsilon: number,
): tf.Tensor {
  const { mean, variance } = tf.moments(x, axes, true);
  const scale = tf.rsqrt(tf.add(variance, epsilon));
  const y = tf.mul(tf.sub(x, mean), scale);
  const along = tf.mul(y, tf.mean(tf.mul(dy, y), axes, true));
  return tf.mul(tf.sub(tf.sub(dy, tf.mean(dy, axes, true)), along), scale);
}
