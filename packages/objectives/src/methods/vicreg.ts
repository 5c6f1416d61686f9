import { mlpHead } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import { vicRegLoss, type VicRegLossOptions } from "../losses/vicreg-loss.ts";
import type { Objective, ObjectiveEncoder } from "../objective.ts";
import { lastStage } from "./features.ts";
import { twoViewObjective } from "./two-view.ts";

/** Options of {@link vicReg}. */
export interface VicRegOptions extends VicRegLossOptions {
  readonly encoder: ObjectiveEncoder;
  /** Widths of the expander's layers. @defaultValue [8192, 8192, 8192] (VICReg) */
  readonly features?: readonly number[];
  /** Seeds the expander. @defaultValue `createRandom("vicreg")` */
  readonly random?: Random;
}

/**
 * VICReg: two views agree, each feature keeps its variance, and features do not covary. No negatives,
 * no twin, no state.
 *
 * @see Bardes et al. 2022, https://arxiv.org/abs/2105.04906
 */
export function vicReg(options: VicRegOptions): Objective {
  const { encoder, features = [8192, 8192, 8192] } = options;
  const random = options.random ?? createRandom("vicreg");
  const { channels } = lastStage("vicReg", encoder);
  const expander = mlpHead({
    features: [channels, ...features],
    norm: true,
    lastBias: false,
    random: random.derive("projector"),
  });
  return twoViewObjective("vicreg", encoder, expander, (z1, z2) => vicRegLoss(z1, z2, options));
}
