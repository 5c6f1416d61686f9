import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.ts";
import { withoutGradient } from "./detach.ts";
import { spatialAxes, spatialRankOf } from "./spatial.ts";

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
    // Recomputed from the input, so that second-order gradients see the whole chain.
    const gradient = (dy: tf.Tensor, [saved]: readonly tf.Tensor[]): tf.Tensor[] => {
      const { mean, variance } = tf.moments(saved as tf.Tensor, axes, true);
      const scale = tf.rsqrt(tf.add(variance, epsilon));
      const y = tf.mul(tf.sub(saved as tf.Tensor, mean), scale);
      const along = tf.mul(y, tf.mean(tf.mul(dy, y), axes, true));
      return [tf.mul(tf.sub(tf.sub(dy, tf.mean(dy, axes, true)), along), scale)];
    };
    return { value: tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon))), gradient };
  });
}

/**
 * Instance normalisation without learned scale, as `torch.nn.functional.instance_norm`: each
 * channel of each sample to mean 0 and variance 1 over its spatial positions.
 *
 * @param x - `[N, …, C]`.
 * @param epsilon - added to the variance. @defaultValue 1e-5 (PyTorch)
 * @see Ulyanov et al. 2016, https://arxiv.org/abs/1607.08022
 */
export function instanceNorm<T extends tf.Tensor>(x: T, epsilon = 1e-5): T {
  spatialRankOf(x, "instanceNorm");
  return tf.tidy(() => normalize(x, spatialAxes(x), epsilon) as T);
}

/**
 * `y = x` where `x > 0`, else `slope · x`, differentiable twice (TensorFlow.js's own is not).
 *
 * @param slope - @defaultValue 0.2, as in patch critics (PyTorch's own default is 0.01)
 */
export function leakyRelu<T extends tf.Tensor>(x: T, slope = 0.2): T {
  return withGradient([x], (save) => {
    save([x]);
    const gradient = (dy: tf.Tensor, [saved]: readonly tf.Tensor[]): tf.Tensor[] => {
      const slopes = withoutGradient(() => slopesOf(saved as tf.Tensor, slope));
      return [tf.mul(dy, slopes)];
    };
    return { value: tf.leakyRelu(x, slope) as T, gradient };
  });
}

/** 1 where `x > 0`, else `slope`. */
function slopesOf(x: tf.Tensor, slope: number): tf.Tensor {
  return tf.where(tf.greater(x, 0), tf.onesLike(x), tf.fill(x.shape, slope));
}
