import {
  checkShapes,
  DiraError,
  softmax,
  softmaxCrossEntropy,
  withoutGradient,
} from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { checkPair, checkPositive } from "./check.ts";

/** Options of {@link sinkhorn}. */
export interface SinkhornOptions {
  /** Entropy ε: larger is softer. @defaultValue 0.05 (SwAV) */
  readonly epsilon?: number;
  /** @defaultValue 3 (SwAV) */
  readonly iterations?: number;
}

/**
 * Assigns embeddings to prototypes so that each prototype gets an equal share: Sinkhorn and Knopp's
 * iterations on `exp(scores / ε)`, in logarithms so that nothing overflows. A constant to gradients.
 *
 * @param scores - `[N, K]`, cosine similarities of embeddings and prototypes.
 * @returns codes `[N, K]`, rows adding up to 1; columns to about N/K.
 * @throws ShapeError when scores are no matrix; DiraError for options that are not
 *   positive, or iterations that are no whole number.
 * @see Caron et al. 2020, eq. 3–5, https://arxiv.org/abs/2006.09882
 */
export function sinkhorn(
  scores: tf.Tensor2D,
  { epsilon = 0.05, iterations = 3 }: SinkhornOptions = {},
): tf.Tensor2D {
  checkShapes("sinkhorn", { scores: [scores, "N K"] });
  checkPositive("sinkhorn", { epsilon, iterations });
  if (!Number.isInteger(iterations)) {
    throw new DiraError(`sinkhorn: \`iterations\` must be a whole number, got ${iterations}.`);
  }
  return withoutGradient(() => {
    let logs: tf.Tensor = tf.div(scores, epsilon);
    for (let i = 0; i < iterations; i += 1) {
      if (i > 0) logs = tf.sub(logs, tf.logSumExp(logs, 1, true));
      logs = tf.sub(logs, tf.logSumExp(logs, 0, true));
    }
    return softmax(logs) as tf.Tensor2D;
  });
}

/** Options of {@link swappedPrediction}. */
export interface SwappedPredictionOptions {
  /** τ > 0. @defaultValue 0.1 (SwAV) */
  readonly temperature?: number;
}

/**
 * A view must predict the code of another: `L = −1/N Σₙ Σₖ qₙₖ log softmax(sₙ/τ)ₖ`.
 *
 * @param scores - `[N, K]`, of the predicting view. @param codes - `[N, K]`, of the other; constants.
 * @returns scalar, mean over N, in nats; `log K` for equal scores.
 * @throws ShapeError when N or K disagree; DiraError for an empty batch or a temperature that is not
 *   positive.
 * @see Caron et al. 2020, eq. 2, https://arxiv.org/abs/2006.09882
 */
export function swappedPrediction(
  scores: tf.Tensor2D,
  codes: tf.Tensor2D,
  { temperature = 0.1 }: SwappedPredictionOptions = {},
): tf.Scalar {
  checkPair("swappedPrediction", ["scores", scores], ["codes", codes], 1);
  checkPositive("swappedPrediction", { temperature });
  return tf.tidy(() => softmaxCrossEntropy(tf.div(scores, temperature), codes));
}
