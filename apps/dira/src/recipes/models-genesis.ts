import type { Config } from "../config/index.ts";
import { VOLUMES } from "../config/volumes.ts";
import { dira3dTransVw } from "./dira-3d-transvw.ts";

/**
 * Models Genesis, as its authors train it: Zhou et al. 2021, https://arxiv.org/abs/2004.07882, and
 * MrGiovanni/ModelsGenesis. Restoration alone, from its own distortions, of cubes cut out of LUNA16: the natural
 * baseline of DiRA in 3D.
 *
 * The 3D U-Net of `dira-3d-transvw`; mean squared error; SGD 1, momentum 0.9, halved every 40 epochs; batch 6. Theirs
 * stops when the validation loss has not improved for 50 epochs; here 200 epochs, and the best checkpoint is kept.
 * Their cubes are of lung: at most 15 % from −150 HU on. For other organs, and for volumes whose voxels are so large that no
 * such cube exists: `--set volumes.tissue=null`.
 */
export const modelsGenesis: Config = {
  ...dira3dTransVw,
  recipe: "models-genesis",
  batch: 6,
  volumes: { ...VOLUMES, tissue: { from: -150, share: [0, 0.15] } },
  stages: ["dr"],
  weights: { discriminative: 0, restorative: 1, adversarial: 0 },
  objective: { kind: "none" },
  transform: { kind: "models-genesis", overlap: "sequential" },
  generator: {
    kind: "sgd",
    learningRate: 1,
    betas: [0.9, 0.999],
    momentum: 0.9,
    weightDecay: 0,
    schedule: "halving",
  },
};
