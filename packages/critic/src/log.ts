import * as tf from "@tensorflow/tfjs";
import type { AdversarialLoss } from "./adversarial-loss.ts";

/**
 * The log form, from logits s: `L_C = mean −log σ(s_real) + mean −log(1 − σ(s_fake))`, computed as
 * softplus, so that no score overflows. The generator minimises the non-saturating
 * `mean −log σ(s_fake)` instead of `mean log(1 − σ(s_fake))`, whose gradient vanishes early.
 *
 * PyTorch's counterpart is `BCEWithLogitsLoss` with targets 1 and 0.
 *
 * @see Goodfellow et al. 2014, eq. 1 and section 3, https://arxiv.org/abs/1406.2661; DiRA's L_adv,
 *   https://arxiv.org/abs/2204.10437
 */
export const log: AdversarialLoss = {
  boundary: 0,
  generator: (fake) => tf.tidy(() => tf.mean(tf.softplus(tf.neg(fake)))),
  critic: (real, fake) =>
    tf.tidy(() => tf.add(tf.mean(tf.softplus(tf.neg(real))), tf.mean(tf.softplus(fake)))),
};
