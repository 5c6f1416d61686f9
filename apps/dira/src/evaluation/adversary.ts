import type { AdversarialLoss, Critic } from "@dira/critic";
import { restorationLoss } from "@dira/decoder";
import type { DiraWeights } from "@dira/dira";
import type { FeatureMap } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** Which images a critic takes for real: 1 for each that it does, else 0. */
export interface Verdicts {
  readonly real: readonly number[];
  readonly restored: readonly number[];
}

/**
 * What a critic takes for real: each image whose score map's mean is above the loss's boundary. Where the loss has
 * none, since its scores are told apart by their differences alone (WGAN), the critic is shown each image with its
 * restoration and takes the one of the higher score for real (neither, if they are equal).
 *
 * @param images - `[N, …, C]`. @param restorations - of these images, in their order.
 */
export function takenForReal(
  critic: Critic,
  loss: AdversarialLoss,
  images: tf.Tensor,
  restorations: tf.Tensor,
): Verdicts {
  const [real, restored] = [scoresOf(critic, images), scoresOf(critic, restorations)];
  const above = (scores: Float32Array, others: Float32Array): number[] =>
    Array.from(scores, (score, i) => (score > (loss.boundary ?? others[i] ?? NaN) ? 1 : 0));
  return { real: above(real, restored), restored: above(restored, real) };
}

/** The mean of each image's score map. */
function scoresOf(critic: Critic, images: tf.Tensor): Float32Array {
  return tf.tidy(() => {
    const map = critic.apply(images as FeatureMap, "infer");
    return tf.mean(tf.reshape(map, [images.shape[0] ?? 0, -1]), 1).dataSync() as Float32Array;
  });
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
