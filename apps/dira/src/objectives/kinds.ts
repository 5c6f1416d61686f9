import {
  barlowTwins,
  byol,
  denseCl,
  dino,
  moco,
  mocoV3,
  nnClr,
  type Objective,
  type ObjectiveEncoder,
  simClr,
  simSiam,
  swav,
  transVw,
  vicReg,
} from "@dira/objectives";
import type { Random } from "@dira/random";
import { z } from "zod";
import { UsageError } from "../usage-error.ts";

/** What an objective is made of, beside its options. */
export interface ObjectiveParts {
  readonly encoder: ObjectiveEncoder;
  readonly createEncoder: () => ObjectiveEncoder;
  readonly random: Random;
  readonly spatialRank: 2 | 3;
  /** Classes of the images, where a set has them: visual words. */
  readonly classes?: number | undefined;
}

const whole = z.number().int().positive();
const positive = z.number().positive();
const share = z.number().min(0).max(1);
const pair = z.tuple([whole, whole]);
const widths = z.array(whole).min(1);

/** `objective` in a configuration: one of these packages', or `custom`, of the recipe's own file. */
export const objectiveSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("moco"),
    queueSize: whole,
    features: whole,
    momentum: share,
    temperature: positive,
    symmetric: z.boolean(),
  }),
  z.strictObject({ kind: z.literal("barlow-twins"), features: widths, lambda: positive }),
  z.strictObject({ kind: z.literal("simsiam"), features: whole, hiddenFeatures: whole }),
  z.strictObject({ kind: z.literal("simclr"), features: whole, temperature: positive }),
  z.strictObject({
    kind: z.literal("byol"),
    features: whole,
    hiddenFeatures: whole,
    momentum: share,
  }),
  z.strictObject({
    kind: z.literal("vicreg"),
    features: widths,
    invariance: positive,
    variance: positive,
    covariance: positive,
  }),
  z.strictObject({
    kind: z.literal("nnclr"),
    features: whole,
    hiddenFeatures: pair,
    queueSize: whole,
    temperature: positive,
  }),
  z.strictObject({
    kind: z.literal("swav"),
    features: whole,
    hiddenFeatures: whole,
    prototypes: whole,
    queueSize: z.number().int().min(0),
    temperature: positive,
    epsilon: positive,
    iterations: whole,
  }),
  z.strictObject({
    kind: z.literal("dino"),
    prototypes: whole,
    hiddenFeatures: pair,
    momentum: share,
  }),
  z.strictObject({
    kind: z.literal("moco-v3"),
    features: whole,
    hiddenFeatures: whole,
    momentum: share,
    temperature: positive,
  }),
  z.strictObject({
    kind: z.literal("dense-cl"),
    features: whole,
    hiddenFeatures: whole,
    queueSize: whole,
    lambda: share,
    momentum: share,
    temperature: positive,
  }),
  z.strictObject({
    kind: z.literal("trans-vw"),
    /** Visual words; null: as many as the data have. */
    words: whole.nullable(),
    hiddenChannels: whole,
  }),
  /** No D: its weight must be 0. */
  z.strictObject({ kind: z.literal("none") }),
  z.looseObject({ kind: z.literal("custom") }),
]);

/** The options of an objective, resolved. */
export type ObjectiveConfig = z.infer<typeof objectiveSchema>;

/** An objective that these packages have. */
type ObjectiveKind = Exclude<ObjectiveConfig["kind"], "custom" | "none">;

/** The published options: the defaults of `@dira/objectives`, whose docstrings have their sources. */
export const PUBLISHED: { readonly [K in ObjectiveKind]: Extract<ObjectiveConfig, { kind: K }> } = {
  moco: {
    kind: "moco",
    queueSize: 65536,
    features: 128,
    momentum: 0.999,
    temperature: 0.2,
    symmetric: false,
  },
  "barlow-twins": { kind: "barlow-twins", features: [8192, 8192, 8192], lambda: 0.0051 },
  simsiam: { kind: "simsiam", features: 2048, hiddenFeatures: 512 },
  simclr: { kind: "simclr", features: 128, temperature: 0.1 },
  byol: { kind: "byol", features: 256, hiddenFeatures: 4096, momentum: 0.996 },
  vicreg: {
    kind: "vicreg",
    features: [8192, 8192, 8192],
    invariance: 25,
    variance: 25,
    covariance: 1,
  },
  nnclr: {
    kind: "nnclr",
    features: 256,
    hiddenFeatures: [2048, 4096],
    queueSize: 98304,
    temperature: 0.1,
  },
  swav: {
    kind: "swav",
    features: 128,
    hiddenFeatures: 2048,
    prototypes: 3000,
    queueSize: 0,
    temperature: 0.1,
    epsilon: 0.05,
    iterations: 3,
  },
  dino: { kind: "dino", prototypes: 65536, hiddenFeatures: [2048, 256], momentum: 0.996 },
  "moco-v3": {
    kind: "moco-v3",
    features: 256,
    hiddenFeatures: 4096,
    momentum: 0.99,
    temperature: 1,
  },
  "trans-vw": { kind: "trans-vw", words: null, hiddenChannels: 1024 },
  "dense-cl": {
    kind: "dense-cl",
    features: 128,
    hiddenFeatures: 2048,
    queueSize: 65536,
    lambda: 0.5,
    momentum: 0.999,
    temperature: 0.2,
  },
};

/**
 * Makes an objective of these packages; undefined for `none`.
 *
 * @throws UsageError for words that the data do not have.
 */
export function makeObjective(
  config: Exclude<ObjectiveConfig, { kind: "custom" }>,
  parts: ObjectiveParts,
): Objective | undefined {
  switch (config.kind) {
    case "none":
      return undefined;
    case "trans-vw":
      return transVw({ ...parts, ...config, words: wordsOf(config.words, parts.classes) });
    case "moco":
      return moco({ ...parts, ...config });
    case "barlow-twins":
      return barlowTwins({ ...parts, ...config });
    case "simsiam":
      return simSiam({ ...parts, ...config });
    case "simclr":
      return simClr({ ...parts, ...config });
    case "byol":
      return byol({ ...parts, ...config });
    case "vicreg":
      return vicReg({ ...parts, ...config });
    case "nnclr":
      return nnClr({ ...parts, ...config });
    case "swav":
      return swav({ ...parts, ...config });
    case "dino":
      return dino({ ...parts, ...config });
    case "moco-v3":
      return mocoV3({ ...parts, ...config });
    case "dense-cl":
      return denseCl({ ...parts, ...config });
  }
}

function wordsOf(asked: number | null, there: number | undefined): number {
  if (there === undefined) {
    throw new UsageError(
      "The objective trans-vw classifies visual words, and these data have none. Discover them (`dira discover --data DIR --out WORDS`) and train on them (`--data WORDS/words`), or choose another --objective.",
    );
  }
  if (asked === null || asked === there) return there;
  throw new UsageError(
    `objective.words is ${asked}, and the data have ${there}. Leave it null, or discover as many.`,
  );
}
