import { didYouMean } from "../did-you-mean.ts";
import { UsageError } from "../usage-error.ts";
import type { FinetuneConfig } from "./config.ts";

/** Of all tasks. */
const COMMON = {
  data: null,
  dataOptions: {},
  phantoms: 64,
  width: null,
  stride: 2,
  patches: 8,
  overlap: 0.25,
  init: { weights: null, stage: null, part: "encoder+decoder", leastCoverage: 1 },
  frozenStages: 0,
  frozenNorm: false,
  layerDecay: 1,
  fraction: 1,
  leastPositives: 1,
  seed: 0,
  engine: "auto",
  workers: 1,
  cache: null,
  maxUnreadable: 0.1,
} satisfies Partial<FinetuneConfig>;

/**
 * Classification of X-rays in the benchmark protocol that DiRA follows: ResNet-50, 224×224, ImageNet's normalisation,
 * binary cross-entropy, Adam 2e-4, batch 32, the rate halved when the validation loss stalls for more than 5 epochs, the
 * end after 10 without a better one, ten-crop test, mean AUROC.
 *
 * @see Hosseinzadeh Taher et al. 2021, https://arxiv.org/abs/2108.05930; MR-HosseinzadehTaher/BenchmarkTransferLearning
 */
const xrayLabels = {
  ...COMMON,
  spatialRank: 2,
  arch: "resnet50",
  decoder: "smp",
  size: 224,
  normalize: "imagenet",
  window: null,
  loss: "binary-cross-entropy",
  optimiser: { kind: "adam", learningRate: 2e-4, weightDecay: 0 },
  schedule: { kind: "plateau", factor: 0.5, patience: 5 },
  batch: 32,
  epochs: 1000,
  patience: 10,
  metric: "auroc",
  test: "ten-crop",
} satisfies Partial<FinetuneConfig>;

/**
 * Segmentation of X-rays in the same protocol: U-Net on ResNet-50, 224×224, intensities in [0, 1], soft Dice loss, Adam
 * 1e-3 with a cosine, batch 32, 200 epochs, the end after 20 without a better validation loss, Dice at 0.5.
 */
const xrayMasks = {
  ...xrayLabels,
  normalize: "none",
  loss: "dice",
  optimiser: { kind: "adam", learningRate: 1e-3, weightDecay: 0 },
  schedule: { kind: "cosine" },
  epochs: 200,
  patience: 20,
  metric: "dice",
  test: "one",
} satisfies Partial<FinetuneConfig>;

/**
 * Cubes in the protocol of Models Genesis, which DiRA's group uses in 3D: 3D U-Net, 64 × 64 × 32, HU [−1000, 1000] (MRI:
 * each volume's own range),
 * Adam with Keras' rate of 1e-3, halved when the validation loss stalls for more than 6 epochs.
 *
 * @see Zhou et al. 2021, https://arxiv.org/abs/2004.07882; MrGiovanni/ModelsGenesis
 */
const cubes = {
  ...COMMON,
  spatialRank: 3,
  arch: "u-net",
  decoder: "genesis",
  size: [32, 64, 64],
  normalize: "none",
  window: [-1000, 1000],
  optimiser: { kind: "adam", learningRate: 1e-3, weightDecay: 0 },
  schedule: { kind: "plateau", factor: 0.5, patience: 6 },
  epochs: 10000,
  test: "one",
} satisfies Partial<FinetuneConfig>;

const cubeLabels = { ...cubes, loss: "binary-cross-entropy", metric: "auroc" } as const;
const cubeMasks = { ...cubes, loss: "dice", metric: "iou" } as const;
const masks = (name: string, ...values: number[]): FinetuneConfig["target"] => ({
  kind: "masks",
  structures: [{ name, values }],
});
const ALL_LABELS: FinetuneConfig["target"] = { kind: "labels", names: null };

const tasks: readonly FinetuneConfig[] = [
  {
    ...xrayLabels,
    task: "chestx-ray14",
    layout: "chest-xray14",
    phantomKind: "chest-xray14",
    target: ALL_LABELS,
  },
  {
    ...xrayLabels,
    task: "chexpert",
    layout: "chexpert",
    phantomKind: "chexpert",
    target: {
      kind: "labels",
      names: ["Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Pleural Effusion"],
    },
  },
  {
    ...xrayMasks,
    task: "siim-acr",
    layout: "siim-acr",
    phantomKind: "siim-acr",
    target: masks("pneumothorax", 1),
  },
  {
    ...xrayMasks,
    task: "montgomery",
    layout: "montgomery",
    phantomKind: "montgomery",
    target: masks("lungs", 1, 2),
  },
  {
    ...cubeLabels,
    task: "luna",
    layout: "luna16",
    phantomKind: "luna",
    target: ALL_LABELS,
    batch: 24,
    patience: 10,
  },
  {
    ...cubeLabels,
    task: "pe-cad",
    layout: "pe-cad",
    phantomKind: "pe-cad",
    target: ALL_LABELS,
    size: [64, 64, 64],
    batch: 24,
    patience: 38,
  },
  {
    ...cubeMasks,
    task: "lidc",
    layout: "lidc-idri",
    phantomKind: "lidc",
    target: masks("nodule", 1),
    batch: 16,
    patience: 50,
  },
  {
    ...cubeMasks,
    task: "lits",
    layout: "lits",
    phantomKind: "lits",
    target: masks("liver", 1, 2),
    batch: 16,
    patience: 20,
  },
  {
    ...cubeMasks,
    task: "brats",
    layout: "brats",
    phantomKind: "brats",
    target: masks("whole tumour", 1, 2, 4),
    window: "min-max",
    batch: 16,
    patience: 30,
  },
];

/** The nine targets of DiRA by name. */
export const TASKS: Readonly<Record<string, FinetuneConfig>> = Object.fromEntries(
  tasks.map((task) => [task.task, task]),
);

/** A copy of a task's configuration. @throws UsageError when there is no such task. */
export function taskNamed(name: string): FinetuneConfig {
  const task = TASKS[name];
  if (task !== undefined) return structuredClone(task);
  throw new UsageError(`There is no task \`${name}\`.${didYouMean(name, Object.keys(TASKS))}`);
}
