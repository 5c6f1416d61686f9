import type { Config } from "../config/index.ts";
import { dira2dMoco } from "./dira-2d-moco.ts";

/**
 * DiRA with MoCo v2 in 2D, as the authors' code runs it, where that differs from the paper:
 * generator SGD 0.03, momentum 0.9, weight decay 1e-4, cosine; least-squares adversarial loss; the
 * flip hits the input but not the target; shuffled patches may overlap.
 */
export const dira2dMocoCode: Config = {
  ...dira2dMoco,
  recipe: "dira-2d-moco-code",
  adversarial: "least-squares",
  transform: { kind: "dira", flip: "authors", overlap: "authors" },
  generator: {
    kind: "sgd",
    learningRate: 0.03,
    betas: [0.9, 0.999],
    momentum: 0.9,
    weightDecay: 1e-4,
    schedule: "cosine",
  },
};
