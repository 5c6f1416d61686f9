import type { Config } from "../config/index.ts";
import { dira3dTransVw } from "./dira-3d-transvw.ts";

/**
 * TransVW, as its authors train it: Haghighi et al. 2021, https://arxiv.org/abs/2102.10680, and fhaghighi/TransVW.
 *
 * D, then D+R with `L = 1 · MSE + 0.01 · CE`; Adam 1e-3, halved every 40 epochs; batch 64 in PyTorch (here 8, as in
 * Keras; `--batch 64 --set memory.microBatch=8`). Theirs stops when the validation loss has not improved for 50
 * epochs; here 200 epochs a stage, and the best checkpoint is kept as `best`.
 */
export const transVwRecipe: Config = {
  ...dira3dTransVw,
  recipe: "transvw",
  stages: ["d", "dr"],
  weights: { discriminative: 0.01, restorative: 1, adversarial: 0 },
  generator: { ...dira3dTransVw.generator, schedule: "halving" },
};
