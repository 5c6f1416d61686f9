import {
  type BatchMaker,
  type BatchView,
  groupedSampler,
  type ImageCache,
  validationBatches,
  type ViewBatch,
  viewLoader,
  type ViewLoader,
} from "@dira/data";
import * as tf from "@tensorflow/tfjs";
import type { Config, Stage } from "../config/index.ts";
import { cutsPatches, pipelineOf } from "./pipeline.ts";

/** A batch on the engine. */
export interface TensorBatch {
  readonly views: tf.Tensor[];
  readonly target: tf.Tensor;
  /** Classes of the images, where the objective classifies. */
  readonly labels?: tf.Tensor;
}

/** The class of an image by its number. */
export type ClassOf = (index: number) => number;

/** Puts a batch on the engine; dispose of it by {@link disposeOfBatch}. */
export function toTensors({ views, target, indices }: ViewBatch, classOf?: ClassOf): TensorBatch {
  const onEngine = ({ data, shape }: BatchView): tf.Tensor => tf.tensor(data, [...shape]);
  if (target === undefined) throw new Error("The pipeline gives no target to restore.");
  return {
    views: views.map(onEngine),
    target: onEngine(target),
    ...(classOf && { labels: tf.tensor1d(Int32Array.from(indices, classOf), "int32") }),
  };
}

/** Disposes of what {@link toTensors} made. */
export function disposeOfBatch({ views, target, labels }: TensorBatch): void {
  tf.dispose([views, target, ...(labels === undefined ? [] : [labels])]);
}

/** The classes that the objective of a configuration needs of a set's images: its visual words. */
export function classesOf({ objective }: Config, { set }: ImageCache): ClassOf | undefined {
  if (objective.kind !== "trans-vw") return undefined;
  return (index) => set.labels?.(index).indexOf(1) ?? -1;
}

/** A stage's training batches, from any step of the run on. */
export function trainingBatches(
  config: Config,
  stage: Stage,
  cache: ImageCache,
  maker: BatchMaker,
): ViewLoader {
  const { batch: batchSize, seed, volumes } = config;
  const [pipeline, count] = [pipelineOf(config, stage, cache), cache.usable.length];
  if (volumes === null || !cutsPatches(cache))
    return viewLoader({ cache, maker, batchSize, seed, pipeline });
  const { patches: repeats, group } = volumes;
  const sampler = groupedSampler({ count, seed, repeats, group });
  return viewLoader({ cache, maker, batchSize, seed, pipeline, sampler });
}

/** Options of {@link heldOutBatches}. */
export interface HeldOutOptions {
  readonly batchSize?: number;
  readonly seed?: number;
  /** Of each volume. @defaultValue the configuration's */
  readonly repeats?: number;
}

/** Held-out batches: every image, or several patches of every volume, always with the same transforms for a seed. */
export function heldOutBatches(
  config: Config,
  stage: Stage,
  cache: ImageCache,
  maker: BatchMaker,
  options: HeldOutOptions = {},
): AsyncGenerator<ViewBatch, void, void> {
  const { batchSize = config.batch, seed = config.seed } = options;
  const patches = cutsPatches(cache) ? (config.volumes?.heldPatches ?? 1) : 1;
  const { repeats = patches } = options;
  const pipeline = pipelineOf(config, stage, cache);
  return validationBatches({ cache, maker, batchSize, seed, repeats, pipeline });
}
