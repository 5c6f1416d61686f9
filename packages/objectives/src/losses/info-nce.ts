import { checkShapes, l2Normalize } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { checkPair, checkPositive } from "./check.ts";
import { contrast } from "./contrast.ts";

/** Options of {@link infoNce}. */
export interface InfoNceOptions {
  /** Softmax temperature τ > 0. @defaultValue 0.2 (MoCo v2 and DiRA; MoCo v1 had 0.07) */
  readonly temperature?: number;
}

/**
 * Each query must tell its own key from the negatives.
 *
 * `L = −1/N Σᵢ log( exp(qᵢ·kᵢ/τ) / (exp(qᵢ·kᵢ/τ) + Σⱼ exp(qᵢ·nⱼ/τ)) )`
 *
 * computed with a shifted log-sum-exp, so that it stays finite at any temperature, and block by block,
 * so that memory does not grow with K. Keys and negatives are constants, as MoCo detaches both.
 *
 * @param queries - `[N, C]`, any length; normalised here.
 * @param keys - `[N, C]`, row i pairs with query i; normalised here.
 * @param negatives - `[K, C]`, rows of length one, usually the queue; K may be 0.
 * @returns scalar, mean over N, in nats; `log(1 + K)` at chance.
 * @throws ShapeError when N or C disagree; DiraError for an empty batch or a temperature that is
 *   not positive.
 * @see He et al. 2020, eq. 1, https://arxiv.org/abs/1911.05722
 */
export function infoNce(
  queries: tf.Tensor2D,
  keys: tf.Tensor2D,
  negatives: tf.Tensor2D,
  { temperature = 0.2 }: InfoNceOptions = {},
): tf.Scalar {
  checkPair("infoNce", ["queries", queries], ["keys", keys], 1);
  checkShapes("infoNce", { queries: [queries, "N C"], negatives: [negatives, "K C"] });
  checkPositive("infoNce", { temperature });
  return tf.tidy(() => {
    const q = l2Normalize(queries);
    return contrast(q, l2Normalize(keys), negatives, temperature);
  });
}
