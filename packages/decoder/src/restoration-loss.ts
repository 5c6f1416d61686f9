import { meanSquaredError } from "@dira/tensor";
import type * as tf from "@tensorflow/tfjs";

/**
 * The restorative loss: `L_res = mean (x̂ − x)²` over all elements of the batch.
 *
 * @param restored - x̂, the decoder's output from the distorted view.
 * @param target - x, the undistorted view, of the same shape.
 * @throws ShapeError when the shapes differ.
 * @see Haghighi et al. 2022, section 3 (restorative learning), https://arxiv.org/abs/2204.10437
 */
export function restorationLoss(restored: tf.Tensor, target: tf.Tensor): tf.Scalar {
  return meanSquaredError(restored, target);
}
