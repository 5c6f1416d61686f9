import { DiraError } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import type { AdversarialLoss } from "./adversarial-loss.ts";
import { gradientPenalty } from "./gradient-penalty.ts";

/**
 * The Wasserstein form with gradient penalty:
 * `L_C = mean s_fake − mean s_real + λ · mean_i (‖∇_x̂ C(x̂)_i‖₂ − 1)²`, see {@link gradientPenalty}; the generator
 * minimises `−mean s_fake`. Scores have no zero of their own: only differences mean something, and
 * `mean s_real − mean s_fake` estimates the distance between real images and restorations.
 *
 * @param weight - λ; 10 in the paper. @throws DiraError when it is negative or not a number.
 * @see Gulrajani et al. 2017, eq. 3, https://arxiv.org/abs/1704.00028
 */
export function wganGp(weight: number): AdversarialLoss {
  if (!(weight >= 0 && weight < Infinity)) {
    throw new DiraError(
      `adversarialLoss: \`gradientPenalty\` must be a number from 0 on, got ${weight}.`,
    );
  }
  return {
    boundary: undefined,
    generator: (fake) => tf.tidy(() => tf.neg(tf.mean(fake))),
    critic: (real, fake) => tf.tidy(() => tf.sub(tf.mean(fake), tf.mean(real))),
    penalty: (score, real, fake, random) =>
      tf.tidy(() => tf.mul(gradientPenalty(score, real, fake, random), weight)),
  };
}
