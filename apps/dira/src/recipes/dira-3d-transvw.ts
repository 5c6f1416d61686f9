import type { Config } from "../config/index.ts";
import { VOLUMES } from "../config/volumes.ts";
import { PUBLISHED } from "../objectives/kinds.ts";
import { dira2dMoco } from "./dira-2d-moco.ts";

/**
 * DiRA with TransVW in 3D, as published: Haghighi et al. 2022, https://arxiv.org/abs/2204.10437.
 *
 * 3D U-Net (32 to 512 channels) on cubes of 64 × 64 × 32 from LUNA16; λ = (1, 100, 1); Adam 1e-3; 200 epochs; stages D,
 * D+R, D+R+A. D tells visual words (TransVW, https://arxiv.org/abs/2102.10680), R restores the unperturbed cube from
 * TransVW's distortions by the mean squared error.
 *
 * The authors published no 3D code; unpublished are the critic (as in 2D, with 3 × 3 × 3 kernels), its Adam
 * (2e-4, β (0.5, 0.999), as in 2D) and the form of L_adv (log, as in 2D). Batch 8 is TransVW's in Keras, 64 in
 * PyTorch; the paper's 256 may be of its 2D. `--batch 64 --set memory.microBatch=8` trains with the larger one in the
 * memory of the smaller.
 */
export const dira3dTransVw: Config = {
  ...dira2dMoco,
  recipe: "dira-3d-transvw",
  spatialRank: 3,
  arch: "u-net",
  width: null,
  stride: 2,
  decoder: "genesis",
  size: [32, 64, 64],
  batch: 8,
  epochs: 200,
  phantoms: 40,
  phantomSize: [64, 128, 128],
  volumes: VOLUMES,
  weights: { discriminative: 1, restorative: 100, adversarial: 1 },
  objective: PUBLISHED["trans-vw"],
  transform: { kind: "transvw", variant: "pytorch", overlap: "sequential" },
  generator: {
    kind: "adam",
    learningRate: 1e-3,
    betas: [0.9, 0.999],
    momentum: 0,
    weightDecay: 0,
    schedule: "constant",
  },
};
