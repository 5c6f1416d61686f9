import type { Config } from "../config/index.ts";
import { dira3dTransVw } from "./dira-3d-transvw.ts";

/**
 * TransVW with an adversary, step by step, ((D) + R) + A: after `train_proxy_ynet_adv_mr_multi_gpu.py` of
 * jlianglab/StepwisePretraining (Guo et al.), the closest public code to
 * DiRA in 3D.
 *
 * As there: λ (1, 100, 1), Wasserstein loss with a gradient penalty of weight 100, Adam 1e-3 for both, one critic's step
 * for each of the generator's, batch 8. Not as there: R is the mean squared, not absolute, error; the critic is DiRA's, which
 * does not see the distorted cube; the rate is halved every 40 epochs, not 16.
 */
export const transVwStepwise: Config = {
  ...dira3dTransVw,
  recipe: "transvw-stepwise",
  adversarial: "wgan-gp",
  gradientPenalty: 100,
  generator: { ...dira3dTransVw.generator, schedule: "halving" },
  critic: { ...dira3dTransVw.generator, schedule: "halving" },
};
