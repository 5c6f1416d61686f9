import { ENGINE_NAMES } from "@dira/engine";
import { z } from "zod";
import { voxels } from "../config/volumes.ts";
import { UsageError } from "../usage-error.ts";

const positive = z.number().int().positive();
const share = z.number().min(0).max(1);
const stride = z.union([z.literal(1), z.literal(2)]);

/** What is to be told of an image. */
const targetSchema = z.discriminatedUnion("kind", [
  /** Labels, each by itself; null: all that the data have. */
  z.strictObject({ kind: z.literal("labels"), names: z.array(z.string()).min(1).nullable() }),
  /** Structures, each the pixels of some values of the mask. */
  z.strictObject({
    kind: z.literal("masks"),
    structures: z
      .array(z.strictObject({ name: z.string(), values: z.array(positive).min(1) }))
      .min(1),
  }),
]);

const scheduleSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant") }),
  /** Half a cosine to 0 over all epochs, each epoch. */
  z.strictObject({ kind: z.literal("cosine") }),
  /** Times `factor` when the validation loss has not improved for more than `patience` epochs. */
  z.strictObject({
    kind: z.literal("plateau"),
    factor: z.number().gt(0).lt(1),
    patience: z.number().int().min(0),
  }),
]);

/** Everything that decides the result of a fine-tuning. */
const schema = z.strictObject({
  task: z.string(),
  /** Layout of the data; also the phantoms' kind. */
  layout: z.string(),
  phantomKind: z.string(),
  data: z.string().nullable(),
  /** Further options of the layout: CheXpert's policy, LiTS's target. */
  dataOptions: z.record(z.string(), z.unknown()),
  /** Training phantoms, where no data is given; a quarter as many to validate, half as many to test. */
  phantoms: z.number().int().min(4),
  target: targetSchema,
  spatialRank: z.union([z.literal(2), z.literal(3)]),
  arch: z.enum(["resnet18", "resnet34", "resnet50", "u-net"]),
  width: positive.nullable(),
  /** Of a U-Net's pooling, or a ResNet's stem, as in pre-training. */
  stride: z.union([z.literal(2), z.tuple([stride, stride, stride])]),
  decoder: z.enum(["smp", "genesis"]),
  size: z.union([positive, voxels]),
  /** What becomes of intensities in [0, 1] (HU in the window). */
  normalize: z.enum(["imagenet", "none"]),
  /** Hounsfield units that become 0 and 1; min-max: each volume's own range (MRI); null: values are shares already. */
  window: z.union([z.tuple([z.number(), z.number()]), z.literal("min-max")]).nullable(),
  /** Of whole volumes: patches of each in an epoch; cubes are taken as they are. */
  patches: positive,
  init: z.strictObject({
    /** A run of pre-training, a file of weights, or null for random ones. */
    weights: z.string().nullable(),
    /** Of a run. */
    stage: z.enum(["d", "dr", "dra"]).nullable(),
    /** Whether a segmenter takes the pre-trained decoder, too. */
    part: z.enum(["encoder", "encoder+decoder"]),
    /** Least share of the network's values that the weights must give. */
    leastCoverage: share,
  }),
  /**
   * Encoder stages, from the image on, whose parameters stay as they are (their running statistics follow the data without
   * `frozenNorm`); all: a linear probe of labels, a decoder alone of masks.
   */
  frozenStages: z.union([z.number().int().min(0), z.literal("all")]),
  /** Whether the encoder's statistics stay as they are. */
  frozenNorm: z.boolean(),
  layerDecay: z.number().gt(0).max(1),
  /** Of labels each by itself, of classes of which an image has one, of masks. */
  loss: z.enum(["binary-cross-entropy", "cross-entropy", "dice"]),
  optimiser: z.strictObject({
    kind: z.enum(["adam", "adamw", "sgd"]),
    learningRate: z.number().positive(),
    weightDecay: z.number().min(0),
  }),
  schedule: scheduleSchema,
  batch: z.number().int().min(2),
  epochs: positive,
  /** Epochs without a better validation loss after which training ends; null: never. */
  patience: positive.nullable(),
  /** Share of the training images that have labels. */
  fraction: z.number().gt(0).max(1),
  /** What the test measures. */
  metric: z.enum(["auroc", "dice", "iou"]),
  /** Of the labels, the positives among the test images that one needs to count in the mean. */
  leastPositives: positive.default(1),
  /** Views of an image at test. */
  test: z.enum(["one", "ten-crop"]),
  /** Share of a window that its neighbour covers, where volumes are tested by sliding windows. */
  overlap: z.number().min(0).lt(1).default(0.25),
  seed: z.number().int().min(0),
  engine: z.enum(["auto", ...ENGINE_NAMES]),
  workers: z.number().int().min(0).max(64),
  cache: z.string().nullable(),
  maxUnreadable: share,
});

/** A resolved configuration of a fine-tuning. */
export type FinetuneConfig = z.infer<typeof schema>;

/** @throws UsageError naming each value that does not fit. */
export function checkFinetune(config: unknown): FinetuneConfig {
  const result = schema.safeParse(config);
  if (!result.success) {
    const problems = result.error.issues.map((i) => `\`${i.path.join(".")}\`: ${i.message}`);
    throw new UsageError(`The configuration does not fit. ${problems.join("; ")}.`);
  }
  const { size, spatialRank, target, loss, metric, test } = result.data;
  const divisor = divisorOf(result.data);
  const wrong = [
    (typeof size === "number") !== (spatialRank === 2) &&
      "`size` must be one number in 2D, [depth, height, width] in 3D",
    sidesOf(result.data).some((side) => side % divisor !== 0) &&
      `\`size\` must be a multiple of ${divisor}`,
    target.kind === "labels" && loss === "dice" && "`loss` dice is of masks",
    target.kind === "masks" && loss === "cross-entropy" && "`loss` cross-entropy is of labels",
    (metric === "auroc") !== (target.kind === "labels") &&
      "`metric` must be auroc of labels, dice or iou of masks",
    spatialRank === 3 && test === "ten-crop" && "`test` ten-crop is of images",
    target.kind === "masks" && test === "ten-crop" && "`test` ten-crop is of labels",
  ].filter((problem) => problem !== false);
  if (wrong.length === 0) return result.data;
  throw new UsageError(`The configuration does not fit. ${wrong.join("; ")}.`);
}

/** What a network divides sides by in all. */
export function divisorOf({ arch }: Pick<FinetuneConfig, "arch">): number {
  return arch === "u-net" ? 8 : 32;
}

/** Sides of the network's input, one per axis. */
export function sidesOf({ size }: Pick<FinetuneConfig, "size">): readonly number[] {
  return typeof size === "number" ? [size, size] : size;
}
