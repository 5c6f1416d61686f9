import {
  type BatchMaker,
  type ImageCache,
  type ImageSet,
  type ModuleCall,
  uniformSampler,
  validationBatches,
  type ViewBatch,
  viewLoader,
  type ViewLoader,
} from "@dira/data";
import { withChannels } from "@dira/dira";
import * as tf from "@tensorflow/tfjs";
import { type FinetuneConfig, sidesOf } from "./config.ts";

/** A batch on the engine: images with as many channels as the network takes, and what is to be told of them. */
export interface TaskBatch {
  readonly images: tf.Tensor;
  readonly targets: tf.Tensor;
}

/** What is to be told of images, by name, and how it is read. */
export interface TargetReader {
  readonly names: readonly string[];
  /** Of a batch, as the loss takes it. */
  of(batch: ViewBatch, cache: ImageCache): tf.Tensor;
}

/** Pixel values of the mask that are a structure. */
export type Structure = Extract<FinetuneConfig["target"], { kind: "masks" }>["structures"][number];

/** The labels or structures of a configuration. */
export function targetReader({ target }: FinetuneConfig, cache: ImageCache): TargetReader {
  if (target.kind === "masks") {
    const { structures } = target;
    return { names: structures.map(({ name }) => name), of: (batch) => masksOf(batch, structures) };
  }
  const names = target.names ?? cache.set.labelNames ?? [];
  return {
    names,
    of: ({ indices }, { set }) =>
      tf.tensor2d(Array.from(indices, (index) => labelsOf(set, names, index))),
  };
}

/** Labels of an image by name: 0 or 1, NaN where unknown. */
export function labelsOf(set: ImageSet, names: readonly string[], index: number): number[] {
  const [all, row] = [set.labelNames ?? [], set.labels?.(index) ?? []];
  return names.map((name) => row[all.indexOf(name)] ?? NaN);
}

function masksOf({ views }: ViewBatch, structures: readonly Structure[]): tf.Tensor {
  const [view] = views;
  const pixels = view?.data.length ?? 0;
  const mask = view?.mask;
  if (mask === undefined) throw new Error("No image of a batch has a mask.");
  const data = new Float32Array(pixels * structures.length);
  for (let i = 0; i < pixels; i += 1) {
    structures.forEach(({ values }, k) => {
      if (values.includes(mask[i] as number)) data[i * structures.length + k] = 1;
    });
  }
  return tf.tensor(data, [...(view?.shape.slice(0, -1) ?? []), structures.length]);
}

/** Which views of an image are made: for training, for validation, for the test. */
type Purpose = "train" | "val" | "test";

function pipelineOf(config: FinetuneConfig, purpose: Purpose, patches = false): ModuleCall {
  return {
    module: "@dira/data",
    name: "samplePipeline",
    args: [transformOf(config, purpose), patches ? patchOf(config) : {}],
  };
}

function transformOf(config: FinetuneConfig, purpose: Purpose): ModuleCall {
  const { target, size, normalize, test, spatialRank } = config;
  if (spatialRank === 3) {
    const name = purpose === "train" ? "cubeTraining" : "cubeValidation";
    return { name, args: [{ size }] };
  }
  if (target.kind === "masks") {
    return purpose === "train"
      ? { name: "segmentationTraining", args: [{ size, resize: true }] }
      : { name: "segmentationValidation", args: [{ size }] };
  }
  const views = { train: "classificationTraining", val: "classificationValidation" } as const;
  const options = {
    size,
    resize: Math.round((Number(size) * 256) / 224),
    ...(normalize === "none" && { normalize }),
  };
  const last = test === "ten-crop" ? "classificationTest" : "classificationValidation";
  return { name: purpose === "test" ? last : views[purpose], args: [options] };
}

/** Patches of whole volumes lie about what is to be found, half of them anywhere. */
function patchOf(config: FinetuneConfig): object {
  return { patch: { size: sidesOf(config), by: "mask", share: 0.5 } };
}

interface Source {
  readonly config: FinetuneConfig;
  readonly cache: ImageCache;
  readonly maker: BatchMaker;
}

/** Images, and how many patches of each are taken; the images themselves where that is undefined. */
interface PatchSource extends Source {
  readonly patches: number | undefined;
}

/** Training batches, from any step on. */
export function trainingBatches({ config, cache, maker, patches }: PatchSource): ViewLoader {
  const { seed, target } = config;
  const masks = target.kind === "masks";
  const cutsPatches = patches !== undefined;
  const repeats = patches ?? 1;
  const count = cache.usable.length;
  const batchSize = Math.min(config.batch, count * repeats);
  const sampler = uniformSampler({ count, seed, repeats });
  return viewLoader({
    cache,
    maker,
    batchSize,
    seed,
    masks,
    sampler,
    pipeline: pipelineOf(config, "train", cutsPatches),
  });
}

/** Held-out images as the network takes them, each once; of volumes the middle, or `patches` of each, always the same. */
export function heldOutBatches(
  { config, cache, maker, patches }: Source & { readonly patches?: number | undefined },
  purpose: "val" | "test",
  batchSize: number = config.batch,
): AsyncGenerator<ViewBatch, void, void> {
  const { seed, target } = config;
  const masks = target.kind === "masks";
  return validationBatches({
    cache,
    maker,
    batchSize,
    seed,
    masks,
    repeats: patches ?? 1,
    pipeline: pipelineOf(config, purpose, patches !== undefined),
  });
}

/** A view of a batch as the network takes it. */
export function imagesOf({ views }: ViewBatch, view: number, channels: number): tf.Tensor {
  return tf.tidy(() => {
    const { data, shape } = views[view] as ViewBatch["views"][number];
    return withChannels(tf.tensor(data, [...shape]), channels);
  });
}

/** A batch on the engine; dispose of its parts. */
export function toTask(
  batch: ViewBatch,
  reader: TargetReader,
  cache: ImageCache,
  channels: number,
): TaskBatch {
  return { images: imagesOf(batch, 0, channels), targets: reader.of(batch, cache) };
}
