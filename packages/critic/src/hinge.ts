import { relu } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import type { AdversarialLoss } from "./adversarial-loss.ts";

/**
 * The hinge form: `L_C = mean max(0, 1 − s_real) + mean max(0, 1 + s_fake)`, the generator minimises
 * `−mean s_fake`. Scores beyond ±1 on their right side no longer move the critic.
 *
 * In PyTorch: `relu(1 - real).mean() + relu(1 + fake).mean()` and `-fake.mean()`.
 *
 * @see Lim and Ye 2017, https://arxiv.org/abs/1705.02894; Miyato et al. 2018, eq. 16 and 17,
 *   https://arxiv.org/abs/1802.05957
 */
export const hinge: AdversarialLoss = {
  boundary: 0,
  generator: (fake) => tf.tidy(() => tf.neg(tf.mean(fake))),
  critic: (real, fake) =>
    tf.tidy(() => tf.add(tf.mean(relu(tf.sub(1, real))), tf.mean(relu(tf.add(fake, 1))))),
};
