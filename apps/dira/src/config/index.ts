import { existsSync, readFileSync } from "node:fs";
import { ENGINE_NAMES } from "@dira/engine";
import { z } from "zod";
import { objectiveSchema } from "../objectives/kinds.ts";
import { UsageError } from "../usage-error.ts";
import { transformSchema } from "./transform.ts";
import { volumesSchema, voxels } from "./volumes.ts";

/** Of an optimiser in a recipe. */
const optimiser = z.strictObject({
  kind: z.enum(["adam", "adamw", "sgd", "lars"]),
  learningRate: z.number().positive(),
  betas: z.tuple([z.number(), z.number()]),
  momentum: z.number().min(0).max(1),
  weightDecay: z.number().min(0),
  /** Constant; half a cosine to 0 over the stage; halved every 40 epochs, as Models Genesis and TransVW do. */
  schedule: z.enum(["constant", "cosine", "halving"]),
});

const stride = z.union([z.literal(1), z.literal(2)]);

/** Each value of a configuration by itself. */
const valuesSchema = z.strictObject({
  recipe: z.string(),
  /** A recipe of one's own: its file, and the hash of what it held. */
  recipeFile: z.strictObject({ path: z.string(), sha256: z.string() }).nullable(),
  /** 2 for images, 3 for volumes. */
  spatialRank: z.union([z.literal(2), z.literal(3)]),
  /** The encoder: a ResNet, or the 3D U-Net's contracting half. */
  arch: z.enum(["resnet18", "resnet34", "resnet50", "u-net"]),
  /** Channels that it begins with; null: as published (64, u-net 32). */
  width: z.number().int().positive().nullable(),
  /** Stride of a ResNet's stem, or of a U-Net's pooling: [1, 2, 2] for thick slices. */
  stride: z.union([z.literal(2), z.tuple([stride, stride, stride])]),
  /** Whose decoder: segmentation_models_pytorch's, or Models Genesis' and TransVW's. */
  decoder: z.enum(["smp", "genesis"]),
  /** Side of the views in 2D; [depth, height, width] in 3D. */
  size: z.union([z.number().int().positive(), voxels]),
  batch: z.number().int().min(2),
  memory: z.strictObject({
    /** Images whose activations are held at once; null: the whole batch. */
    microBatch: z.number().int().min(2).nullable(),
    /** Compute activations again in the backward pass instead of keeping them. */
    checkpoint: z.boolean(),
  }),
  stages: z
    .array(z.enum(["d", "dr", "dra"]))
    .min(1)
    .refine((stages) => new Set(stages).size === stages.length, "must name each stage once"),
  /** Per stage; epochs count only where steps is null. */
  steps: z.number().int().positive().nullable(),
  epochs: z.number().int().positive(),
  seed: z.number().int().min(0),
  engine: z.enum(["auto", ...ENGINE_NAMES]),
  data: z.string().nullable(),
  /** A checkpoint of another run, whose networks this one starts from. */
  init: z.string().nullable(),
  /** Images of the phantom set, where no data is given. */
  phantoms: z.number().int().min(2),
  /** Voxels of phantom volumes. */
  phantomSize: voxels,
  /** What is done with volumes; null in 2D. */
  volumes: volumesSchema.nullable(),
  workers: z.number().int().min(0).max(64),
  /** Where decoded images are kept for the next run; null: nowhere. */
  cache: z.string().nullable(),
  /** Share of the images that may be unreadable. */
  maxUnreadable: z.number().min(0).max(1),
  /** What to do about patients or copies of images that training and validation share. */
  leakage: z.enum(["refuse", "warn", "ignore"]),
  /** Steps between checkpoints; null: an epoch. */
  checkpointEvery: z.number().int().positive().nullable(),
  /** Labels told from frozen features while the run trains, for sets with labels. */
  onlineEvaluation: z.strictObject({
    /** At every so manyth epoch's validation, and at the end of a stage; 0: never. */
    every: z.number().int().min(0),
    /** Neighbours that vote. */
    k: z.number().int().positive(),
    /** Whether a linear probe is fitted besides. */
    probe: z.boolean(),
    /** Its C: the losses' weight against the penalty, as scikit-learn's. */
    c: z.number().positive(),
    /** Training images used at most, drawn by the seed; all held-out ones are. */
    maxTrain: z.number().int().min(2),
  }),
  weights: z.strictObject({
    discriminative: z.number().min(0),
    restorative: z.number().min(0),
    adversarial: z.number().min(0),
  }),
  objective: objectiveSchema,
  adversarial: z.enum(["log", "least-squares", "hinge", "wgan-gp"]),
  /** λ of the gradient penalty, with `wgan-gp`; 10 unless set. */
  gradientPenalty: z.number().min(0).optional(),
  transform: transformSchema,
  generator: optimiser,
  critic: optimiser,
});

/** Everything that decides a run's result. */
const configSchema = valuesSchema.superRefine((config, context) => {
  for (const [path, message] of misfits(config))
    context.addIssue({ code: "custom", path, message });
});

/** What does not go together: where, and why. */
function* misfits(config: z.infer<typeof valuesSchema>): Generator<[string[], string]> {
  const { batch, memory, size, spatialRank, volumes } = config;
  if (memory.microBatch === 2 && batch % 2 === 1) {
    yield [
      ["memory", "microBatch"],
      "2 would leave one image of an odd batch alone, which batch norm cannot take",
    ];
  }
  if ((typeof size === "number") !== (spatialRank === 2)) {
    yield [
      ["size"],
      spatialRank === 2 ? "must be one number in 2D" : "must be [depth, height, width] in 3D",
    ];
    return;
  }
  if (spatialRank === 2 && config.stride !== 2) yield [["stride"], "must be 2 in 2D"];
  const divisor = divisorOf(config);
  if (sidesOf(config).some((side, axis) => side % (divisor[axis] as number) !== 0)) {
    const multiple = new Set(divisor).size === 1 ? divisor[0] : `[${divisor.join(", ")}]`;
    yield [["size"], `must be a multiple of ${multiple}, the encoder's coarsest reduction`];
  }
  if (spatialRank === 3 && volumes === null) yield [["volumes"], "must be given in 3D"];
}

/** Sides of the views, one per axis. */
export function sidesOf({ size }: Pick<Config, "size">): readonly number[] {
  return typeof size === "number" ? [size, size] : size;
}

/** By how much the encoder reduces each axis: a ResNet's stem by its stride, then four times by 2; a U-Net three times. */
function divisorOf({ arch, stride: given, spatialRank }: z.infer<typeof valuesSchema>): number[] {
  const strides = given === 2 ? new Array<number>(spatialRank).fill(2) : given;
  return strides.map((step) => (arch === "u-net" ? step ** 3 : step * 2 ** 4));
}

/** A resolved configuration. */
export type Config = z.infer<typeof configSchema>;

/** A stage of the stepwise recipe. */
export type Stage = Config["stages"][number];

/** What 2D recipes have in common, apart from the encoder. */
export const IN_2D = {
  spatialRank: 2,
  width: null,
  stride: 2,
  decoder: "smp",
  phantomSize: [64, 128, 128],
  volumes: null,
} satisfies Partial<Config>;

/** No evaluation while a run trains. */
export const NO_ONLINE_EVALUATION: Config["onlineEvaluation"] = {
  every: 0,
  k: 200,
  probe: true,
  c: 1,
  maxTrain: 2000,
};

type Tree = { [key: string]: unknown };

/** @throws UsageError naming each value that does not fit. */
export function checkConfig(config: unknown): Config {
  const result = configSchema.safeParse(config);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `\`${issue.path.join(".")}\`: ${issue.message}`,
  );
  throw new UsageError(`The configuration does not fit. ${problems.join("; ")}.`);
}

/**
 * The configuration that a run wrote; what it leaves out is what runs were before it could be chosen: `auto`, 1 worker, no
 * cache, whole batches, no online evaluation, 2D.
 *
 * @throws UsageError when there is none or it does not fit.
 */
export function readConfig(path: string): Config {
  if (!existsSync(path)) throw new UsageError(`There is no run: ${path} does not exist.`);
  const { provenance: _, transform, ...rest } = JSON.parse(readFileSync(path, "utf8")) as Tree;
  const absent = {
    engine: "auto",
    workers: 1,
    cache: null,
    memory: { microBatch: null, checkpoint: false },
    onlineEvaluation: NO_ONLINE_EVALUATION,
    ...IN_2D,
  };
  return checkConfig({ ...absent, ...rest, transform: { kind: "dira", ...(transform as Tree) } });
}
