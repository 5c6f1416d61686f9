import { DiraError } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** A two-player objective on the critic's scores. */
export interface AdversarialLoss {
  /** What the generator minimises, from the scores of its restorations. */
  generator(fakeScores: tf.Tensor): tf.Scalar;
  /** What the critic minimises, from the scores of real images and of restorations. */
  critic(realScores: tf.Tensor, fakeScores: tf.Tensor): tf.Scalar;
  /** The score halfway between real and restored: 0 for logits, ½ for least squares. */
  readonly boundary: number;
}

/** The names that {@link adversarialLoss} knows. */
export type AdversarialForm = "log" | "least-squares";

/**
 * The log form, from logits s: `L_C = mean −log σ(s_real) + mean −log(1 − σ(s_fake))`, computed as
 * softplus, so that no score overflows. The generator minimises the non-saturating
 * `mean −log σ(s_fake)` instead of `mean log(1 − σ(s_fake))`, whose gradient vanishes early.
 *
 * @see Goodfellow et al. 2014, eq. 1 and section 3, https://arxiv.org/abs/1406.2661; DiRA's L_adv,
 *   https://arxiv.org/abs/2204.10437
 */
const log: AdversarialLoss = {
  boundary: 0,
  generator: (fake) => tf.tidy(() => tf.mean(tf.softplus(tf.neg(fake)))),
  critic: (real, fake) =>
    tf.tidy(() => tf.add(tf.mean(tf.softplus(tf.neg(real))), tf.mean(tf.softplus(fake)))),
};

/**
 * The least-squares form that DiRA's authors run: `L_C = ½ [mean (s_real − 1)² + mean s_fake²]`, the
 * generator minimises `mean (s_fake − 1)²`.
 *
 * @see Mao et al. 2017, https://arxiv.org/abs/1611.04076
 */
const leastSquares: AdversarialLoss = {
  boundary: 0.5,
  generator: (fake) => tf.tidy(() => tf.mean(tf.square(tf.sub(fake, 1)))),
  critic: (real, fake) =>
    tf.tidy(() =>
      tf.mul(tf.add(tf.mean(tf.square(tf.sub(real, 1))), tf.mean(tf.square(fake))), 0.5),
    ),
};

/**
 * The adversarial loss of a name.
 *
 * @param form - `"log"` (as published) or `"least-squares"` (as the authors' code).
 * @throws DiraError for another name.
 */
export function adversarialLoss(form: AdversarialForm): AdversarialLoss {
  if (form === "log") return log;
  if (form === "least-squares") return leastSquares;
  throw new DiraError(
    `adversarialLoss: expected "log" or "least-squares", got ${JSON.stringify(form)}.`,
  );
}
