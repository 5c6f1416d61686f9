import type { AdversarialLoss, Critic } from "@dira/critic";
import { restorationLoss } from "@dira/decoder";
import type { DiraWeights } from "@dira/dira";
import type { FeatureMap } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/**
 * Whether a critic takes images for real: 1 for each image whose score map's mean is above the loss's
 * boundary, else 0.
 *
 * @param images - `[N, …, C]`, real or restored.
 */
export function takenForReal(critic: Critic, loss: AdversarialLoss, images: tf.Tensor): number[] {
  const scores = tf.tidy(() => {
    const map = critic.apply(images as FeatureMap, "infer");
    return tf.mean(tf.reshape(map, [images.shape[0] ?? 0, -1]), 1).dataSync();
  });
  return Array.from(scores, (score) => (score > loss.boundary ? 1 : 0));
}

/**
 * How hard the adversary pulls beside the restoration: `‖∂(λ_adv · L_adv)/∂x̂‖ / ‖∂(λ_res · L_res)/∂x̂‖`
 * at the restored images x̂.
 */
export function gradientRatio(
  critic: Critic,
  loss: AdversarialLoss,
  weights: DiraWeights,
  restored: tf.Tensor,
  target: tf.Tensor,
): number {
  const norm = (f: (x: tf.Tensor) => tf.Tensor): number =>
    tf.norm(tf.grad(f)(restored)).dataSync()[0] ?? NaN;
  return tf.tidy(() => {
    const adversarial = norm((x) =>
      tf.mul(loss.generator(critic.apply(x as FeatureMap, "infer")), weights.adversarial),
    );
    const restorative = norm((x) => tf.mul(restorationLoss(x, target), weights.restorative));
    return adversarial / restorative;
  });
}
