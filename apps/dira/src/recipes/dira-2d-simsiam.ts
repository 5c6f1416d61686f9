import type { Config } from "../config/index.ts";
import { PUBLISHED } from "../objectives/kinds.ts";
import { dira2dMoco } from "./dira-2d-moco.ts";

/**
 * DiRA with SimSiam in 2D, as published: Haghighi et al. 2022, https://arxiv.org/abs/2204.10437.
 *
 * As `dira-2d-moco` (U-Net on ResNet-50, 224×224, λ = (1, 10, 0.001), Adam 2e-4), with D of SimSiam:
 * projector 2048-2048-2048, predictor 512-2048 (https://arxiv.org/abs/2011.10566). The authors
 * published no code of it.
 */
export const dira2dSimSiam: Config = {
  ...dira2dMoco,
  recipe: "dira-2d-simsiam",
  objective: PUBLISHED.simsiam,
};
