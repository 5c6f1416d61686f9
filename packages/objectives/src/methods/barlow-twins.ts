import { mlpHead } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import { barlowTwinsLoss, type BarlowTwinsLossOptions } from "../losses/barlow-twins-loss.ts";
import type { Objective, ObjectiveEncoder } from "../objective.ts";
import { lastStage } from "./features.ts";
import { twoViewObjective } from "./two-view.ts";

/** Options of {@link barlowTwins}. */
export interface BarlowTwinsOptions extends BarlowTwinsLossOptions {
  readonly encoder: ObjectiveEncoder;
  /** Widths of the projector's layers. @defaultValue [8192, 8192, 8192] (Barlow Twins) */
  readonly features?: readonly number[];
  /** Seeds the projector. @defaultValue `createRandom("barlow-twins")` */
  readonly random?: Random;
}

/**
 * Barlow Twins: features of two views correlate one to one and with nothing else. No negatives, no
 * twin, no state; the published recipe is LARS 0.2 at batch 2048.
 *
 * @see Zbontar et al. 2021, https://arxiv.org/abs/2103.03230
 */
export function barlowTwins(options: BarlowTwinsOptions): Objective {
  const { encoder, features = [8192, 8192, 8192] } = options;
  const random = options.random ?? createRandom("barlow-twins");
  const { channels } = lastStage("barlowTwins", encoder);
  const projector = mlpHead({
    features: [channels, ...features],
    norm: true,
    lastBias: false,
    random: random.derive("projector"),
  });
  return twoViewObjective("barlow-twins", encoder, projector, (z1, z2) =>
    barlowTwinsLoss(z1, z2, options),
  );
}
