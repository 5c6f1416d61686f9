import type { Config } from "../config/index.ts";
import { PUBLISHED } from "../objectives/kinds.ts";
import { dira2dMoco } from "./dira-2d-moco.ts";

/**
 * DiRA with Barlow Twins in 2D, as published: Haghighi et al. 2022, https://arxiv.org/abs/2204.10437.
 *
 * As `dira-2d-moco` (U-Net on ResNet-50, 224×224, λ = (1, 10, 0.001), Adam 2e-4), with D of Barlow
 * Twins: projector 8192-8192-8192, λ 0.0051 (https://arxiv.org/abs/2103.03230).
 *
 * The authors published no code of it, so what is not in the paper is Barlow Twins' own; whether they
 * kept its LARS (0.2 × batch/256), solarisation or normalisation is unknown. Its loss is a sum over
 * features and starts near λ D² / N: about 21,000 at batch 16 and 170 at batch 2048, where MoCo's is at
 * most 11. With λ = (1, 10) restoration then hardly counts: use a large batch, narrower features
 * (`--set objective.features=[1024,1024,1024]`), or a smaller `weights.discriminative`.
 */
export const dira2dBarlow: Config = {
  ...dira2dMoco,
  recipe: "dira-2d-barlow",
  objective: PUBLISHED["barlow-twins"],
};
