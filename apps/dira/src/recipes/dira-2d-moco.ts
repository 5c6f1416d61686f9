import { type Config, IN_2D, NO_ONLINE_EVALUATION } from "../config/index.ts";
import { PUBLISHED } from "../objectives/kinds.ts";

/**
 * DiRA with MoCo v2 in 2D, as published: Haghighi et al. 2022, https://arxiv.org/abs/2204.10437.
 *
 * U-Net on ResNet-50, ChestX-ray14 at 224×224; λ = (1, 10, 0.001); Adam 2e-4 with β = (0.5, 0.999) for
 * generator and critic; adversarial loss in the log form. MoCo v2: K 65,536, m 0.999, τ 0.2, 128
 * features (https://arxiv.org/abs/2003.04297). Stages D, D+R, D+R+A.
 *
 * The paper trains with batch 256 on four V100 (16 in the last stage of the authors' scripts). Batch 16
 * is the default here: it fits a single machine. `--batch 256 --set memory.microBatch=16` trains with
 * the paper's batch in the memory of 16 images.
 */
export const dira2dMoco: Config = {
  recipe: "dira-2d-moco",
  recipeFile: null,
  ...IN_2D,
  arch: "resnet50",
  size: 224,
  batch: 16,
  memory: { microBatch: null, checkpoint: false },
  stages: ["d", "dr", "dra"],
  steps: null,
  epochs: 400,
  seed: 0,
  engine: "auto",
  data: null,
  init: null,
  phantoms: 256,
  workers: 1,
  cache: null,
  maxUnreadable: 0.1,
  leakage: "refuse",
  checkpointEvery: null,
  onlineEvaluation: NO_ONLINE_EVALUATION,
  weights: { discriminative: 1, restorative: 10, adversarial: 0.001 },
  objective: PUBLISHED.moco,
  adversarial: "log",
  gradientPenalty: 10,
  transform: { kind: "dira", flip: "aligned", overlap: "apart" },
  generator: {
    kind: "adam",
    learningRate: 2e-4,
    betas: [0.5, 0.999],
    momentum: 0,
    weightDecay: 0,
    schedule: "constant",
  },
  critic: {
    kind: "adam",
    learningRate: 2e-4,
    betas: [0.5, 0.999],
    momentum: 0,
    weightDecay: 0,
    schedule: "constant",
  },
};
