import { detach, l2Normalize } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { checkPair } from "./check.ts";

/**
 * SimSiam's distance of a prediction from the other view's projection, which is held constant:
 * `D(p, z) = −1/N Σₙ pₙ·zₙ / (‖pₙ‖ ‖zₙ‖)`. No gradient flows to z, by construction.
 *
 * @param predictions - `[N, C]`. @param targets - `[N, C]`, detached here.
 * @returns scalar in [−1, 1]; −1 when all point the same way.
 * @throws ShapeError when N or C disagree; DiraError for an empty batch.
 * @see Chen and He 2021, eq. 1 and 3, https://arxiv.org/abs/2011.10566
 */
export function negativeCosine(predictions: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => tf.neg(meanCosine("negativeCosine", predictions, targets)));
}

/**
 * BYOL's regression loss: `‖p̄ − z̄‖² = 2 − 2 cos(p, z)`, mean over N, z held constant.
 *
 * @param predictions - `[N, C]`. @param targets - `[N, C]`, detached here.
 * @returns scalar in [0, 4].
 * @throws ShapeError when N or C disagree; DiraError for an empty batch.
 * @see Grill et al. 2020, eq. 2, https://arxiv.org/abs/2006.07733
 */
export function byolLoss(predictions: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => tf.sub(2, tf.mul(2, meanCosine("byolLoss", predictions, targets))));
}

function meanCosine(where: string, predictions: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  checkPair(where, ["predictions", predictions], ["targets", targets], 1);
  const [p, z] = [l2Normalize(predictions), detach(l2Normalize(targets))];
  return tf.mean(tf.sum(tf.mul(p, z), 1));
}
