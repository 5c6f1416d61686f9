import type { Random } from "@dira/random";
import { DiraError } from "@dira/tensor";
import type * as tf from "@tensorflow/tfjs";
import type { Score } from "./gradient-penalty.ts";
import { hinge } from "./hinge.ts";
import { leastSquares } from "./least-squares.ts";
import { log } from "./log.ts";
import { wganGp } from "./wgan-gp.ts";

/** A two-player objective on the critic's scores. */
export interface AdversarialLoss {
  /** What the generator minimises, from the scores of its restorations. */
  generator(fakeScores: tf.Tensor): tf.Scalar;
  /** What the critic minimises, from the scores of real images and of restorations. */
  critic(realScores: tf.Tensor, fakeScores: tf.Tensor): tf.Scalar;
  /**
   * What the critic minimises besides, a mean over images that needs the critic itself: added to
   * {@link AdversarialLoss.critic}. Images are constants; all that is random comes from `random`, image by image.
   */
  penalty?(score: Score, real: tf.Tensor, fake: tf.Tensor, random: Random): tf.Scalar;
  /**
   * The score halfway between real and restored: 0 for logits, ½ for least squares. `undefined` where scores are
   * told apart by their differences alone.
   */
  readonly boundary: number | undefined;
}

/** The names that {@link adversarialLoss} knows. */
export type AdversarialForm = "log" | "least-squares" | "hinge" | "wgan-gp";

/** Options of {@link adversarialLoss}. */
export interface AdversarialOptions {
  /**
   * λ of the gradient penalty in `"wgan-gp"`; other forms have none. The closest public code of the method in 3D
   * takes 100. @defaultValue 10 (Gulrajani et al. 2017)
   */
  readonly gradientPenalty?: number | undefined;
}

const forms: Readonly<Record<AdversarialForm, (options: AdversarialOptions) => AdversarialLoss>> = {
  log: () => log,
  "least-squares": () => leastSquares,
  hinge: () => hinge,
  "wgan-gp": ({ gradientPenalty = 10 }) => wganGp(gradientPenalty),
};

/**
 * The adversarial loss of a name:
 *
 * | form              | L_C, the critic's                                       | the generator's      |
 * | ----------------- | ------------------------------------------------------- | -------------------- |
 * | `"log"`           | `mean −log σ(s_real) + mean −log(1 − σ(s_fake))`        | `mean −log σ(s_fake)` |
 * | `"least-squares"` | `½ [mean (s_real − 1)² + mean s_fake²]`                 | `mean (s_fake − 1)²` |
 * | `"hinge"`         | `mean max(0, 1 − s_real) + mean max(0, 1 + s_fake)`     | `−mean s_fake`       |
 * | `"wgan-gp"`       | `mean s_fake − mean s_real + λ · mean (‖∇C(x̂)‖₂ − 1)²` | `−mean s_fake`       |
 *
 * @param form - `"log"` is as published, `"least-squares"` as the authors' code.
 * @throws DiraError for another name, or a penalty's weight below 0.
 */
export function adversarialLoss(
  form: AdversarialForm,
  options: AdversarialOptions = {},
): AdversarialLoss {
  if (Object.hasOwn(forms, form)) return forms[form](options);
  const known = Object.keys(forms).map((name) => `"${name}"`);
  throw new DiraError(
    `adversarialLoss: expected ${known.slice(0, -1).join(", ")} or ${known.at(-1)}, got ${JSON.stringify(form)}.`,
  );
}
