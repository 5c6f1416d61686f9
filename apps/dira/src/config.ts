import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { didYouMean } from "./did-you-mean.ts";
import { objectiveSchema } from "./objectives/kinds.ts";

/** Of an optimiser in a recipe. */
const optimiser = z.strictObject({
  kind: z.enum(["adam", "adamw", "sgd", "lars"]),
  learningRate: z.number().positive(),
  betas: z.tuple([z.number(), z.number()]),
  momentum: z.number().min(0).max(1),
  weightDecay: z.number().min(0),
  schedule: z.enum(["constant", "cosine"]),
});

/** Each value of a configuration by itself. */
const valuesSchema = z.strictObject({
  recipe: z.string(),
  /** A recipe of one's own: its file, and the hash of what it held. */
  recipeFile: z.strictObject({ path: z.string(), sha256: z.string() }).nullable(),
  arch: z.enum(["resnet18", "resnet34", "resnet50"]),
  size: z
    .number()
    .int()
    .min(32)
    .multipleOf(32, "must be a multiple of 32, the encoder's coarsest reduction"),
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
  engine: z.enum(["auto", "tensorflow", "wasm", "cpu"]),
  data: z.string().nullable(),
  /** A checkpoint of another run, whose networks this one starts from. */
  init: z.string().nullable(),
  /** Images of the phantom set, where no data is given. */
  phantoms: z.number().int().min(2),
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
  adversarial: z.enum(["log", "least-squares"]),
  transform: z.strictObject({
    flip: z.enum(["aligned", "authors"]),
    overlap: z.enum(["apart", "authors"]),
  }),
  generator: optimiser,
  critic: optimiser,
});

/** Everything that decides a run's result. */
const configSchema = valuesSchema.refine(
  ({ batch, memory }) => memory.microBatch !== 2 || batch % 2 === 0,
  {
    path: ["memory", "microBatch"],
    message: "2 would leave one image of an odd batch alone, which batch norm cannot take",
  },
);

/** A resolved configuration. */
export type Config = z.infer<typeof configSchema>;

/** A stage of the stepwise recipe. */
export type Stage = Config["stages"][number];

/** No evaluation while a run trains. */
export const NO_ONLINE_EVALUATION: Config["onlineEvaluation"] = {
  every: 0,
  k: 200,
  probe: true,
  c: 1,
  maxTrain: 2000,
};

/** What the user asked for is not possible; the message says what is. */
export class UsageError extends Error {
  override name: string = "UsageError";
}

type Tree = { [key: string]: unknown };

/**
 * Sets `path=value` in a configuration, the value read as JSON where it is JSON.
 *
 * @throws UsageError for a path that does not exist, with the nearest one that does.
 */
export function setPath(config: Tree, assignment: string): void {
  const at = assignment.indexOf("=");
  if (at < 1) throw new UsageError(`--set: expected path=value, got \`${assignment}\`.`);
  const keys = assignment.slice(0, at).split(".");
  let node = config;
  keys.forEach((key, depth) => {
    if (!(key in node)) {
      throw new UsageError(
        `--set: there is no \`${keys.slice(0, depth + 1).join(".")}\`.${didYouMean(key, Object.keys(node))}`,
      );
    }
    if (depth === keys.length - 1) node[key] = jsonOrText(assignment.slice(at + 1));
    else if (typeof node[key] === "object" && node[key] !== null) node = node[key] as Tree;
    else throw new UsageError(`--set: \`${keys.slice(0, depth + 1).join(".")}\` has no parts.`);
  });
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

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
 * The configuration that a run wrote; what it leaves out is `auto`, 1 worker, no cache, whole batches
 * and no online evaluation.
 *
 * @throws UsageError when there is none or it does not fit.
 */
export function readConfig(path: string): Config {
  if (!existsSync(path)) throw new UsageError(`There is no run: ${path} does not exist.`);
  const { provenance: _, ...rest } = JSON.parse(readFileSync(path, "utf8")) as Tree;
  const absent = {
    engine: "auto",
    workers: 1,
    cache: null,
    memory: { microBatch: null, checkpoint: false },
    onlineEvaluation: NO_ONLINE_EVALUATION,
  };
  return checkConfig({ ...absent, ...rest });
}
