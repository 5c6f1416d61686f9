import { l2Normalize, withoutGradient } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/**
 * The mean over dimensions of the standard deviation of normalised embeddings, times √C: near 1 when
 * they spread over the sphere, 0 when they have collapsed to a point.
 *
 * @param embeddings - `[N, C]`, any length.
 * @see Chen and He 2021, section 4.1, https://arxiv.org/abs/2011.10566
 */
export function embeddingStd(embeddings: tf.Tensor2D): tf.Scalar {
  return withoutGradient(() => {
    const { variance } = tf.moments(l2Normalize(embeddings), 0);
    return tf.mul(tf.mean(tf.sqrt(variance)), Math.sqrt(embeddings.shape[1])) as tf.Scalar;
  });
}
