import * as tf from "@tensorflow/tfjs";
import type { AdversarialLoss } from "./adversarial-loss.ts";

/**
 * The least-squares form that DiRA's authors run: `L_C = ½ [mean (s_real − 1)² + mean s_fake²]`, the
 * generator minimises `mean (s_fake − 1)²`.
 *
 * PyTorch's counterpart is `MSELoss` with targets 1 and 0.
 *
 * @see Mao et al. 2017, https://arxiv.org/abs/1611.04076
 */
export const leastSquares: AdversarialLoss = {
  boundary: 0.5,
  generator: (fake) => tf.tidy(() => tf.mean(tf.square(tf.sub(fake, 1)))),
  critic: (real, fake) =>
    tf.tidy(() =>
      tf.mul(tf.add(tf.mean(tf.square(tf.sub(real, 1))), tf.mean(tf.square(fake))), 0.5),
    ),
};
