import { l2Normalize, softmaxCrossEntropy } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { checkPair, checkPositive } from "./check.ts";

/** Options of {@link inBatchInfoNce}. */
export interface InBatchInfoNceOptions {
  /** Softmax temperature τ > 0. @defaultValue 0.2 (MoCo v3) */
  readonly temperature?: number;
}

/**
 * Each query must tell its own key from the keys of the other images of the batch.
 *
 * `L = −1/N Σᵢ log( exp(qᵢ·kᵢ/τ) / Σⱼ exp(qᵢ·kⱼ/τ) )`; gradients flow to both sides, so detach the one
 * that the method holds constant.
 *
 * @param queries - `[N, C]`, any length; normalised here. @param keys - `[N, C]`, row i pairs with query i.
 * @returns scalar, mean over N, in nats; `log N` at chance.
 * @throws ShapeError when N or C disagree; DiraError for N below 2 or a temperature that is not positive.
 * @see Chen et al. 2021, algorithm 1, https://arxiv.org/abs/2104.02057; Dwibedi et al. 2021, eq. 3,
 *   https://arxiv.org/abs/2104.14548
 */
export function inBatchInfoNce(
  queries: tf.Tensor2D,
  keys: tf.Tensor2D,
  { temperature = 0.2 }: InBatchInfoNceOptions = {},
): tf.Scalar {
  const { N } = checkPair("inBatchInfoNce", ["queries", queries], ["keys", keys], 2);
  checkPositive("inBatchInfoNce", { temperature });
  return tf.tidy(() => {
    const similarities = tf.matMul(l2Normalize(queries), l2Normalize(keys), false, true);
    return softmaxCrossEntropy(tf.div(similarities, temperature), tf.range(0, N, 1, "int32"));
  });
}
