import { mlpHead } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import { ntXent, type NtXentOptions } from "../losses/nt-xent.ts";
import type { Objective, ObjectiveEncoder } from "../objective.ts";
import { lastStage } from "./features.ts";
import { twoViewObjective } from "./two-view.ts";

/** Options of {@link simClr}. */
export interface SimClrOptions extends NtXentOptions {
  readonly encoder: ObjectiveEncoder;
  /** Width of the embedding. @defaultValue 128 (SimCLR) */
  readonly features?: number;
  /** Seeds the projector. @defaultValue `createRandom("simclr")` */
  readonly random?: Random;
}

/**
 * SimCLR: the two views of an image must find each other among the whole batch. It wants large batches
 * (the paper: 4096, LARS 4.8); the projector has two layers with batch norm.
 *
 * @see Chen et al. 2020, https://arxiv.org/abs/2002.05709
 */
export function simClr(options: SimClrOptions): Objective {
  const { encoder, features = 128 } = options;
  const random = options.random ?? createRandom("simclr");
  const { channels } = lastStage("simClr", encoder);
  const projector = mlpHead({
    features: [channels, channels, features],
    norm: true,
    lastNorm: "affine",
    random: random.derive("projector"),
  });
  return twoViewObjective(
    "simclr",
    encoder,
    projector,
    (z1, z2) => ntXent(z1, z2, options),
    (images) => Math.log(2 * images - 1),
  );
}
