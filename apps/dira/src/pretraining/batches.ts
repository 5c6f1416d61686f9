import {
  type BatchMaker,
  type ImageCache,
  validationBatches,
  type ViewBatch,
  viewLoader,
  type ViewLoader,
} from "@dira/data";
import * as tf from "@tensorflow/tfjs";
import type { Config, Stage } from "../config.ts";

/** A batch on the engine. */
export interface TensorBatch {
  readonly views: tf.Tensor[];
  readonly target: tf.Tensor;
}

/** Puts a batch on the engine; dispose of it with `tf.dispose`. */
export function toTensors({ views, target, shape }: ViewBatch): TensorBatch {
  return {
    views: views.map((view) => tf.tensor(view, [...shape])),
    target: tf.tensor(target, [...shape]),
  };
}

/** The transforms of a stage: D alone has no distortions, there being nothing to restore. */
function transformOf(config: Config, stage: Stage): Parameters<typeof viewLoader>[0]["transform"] {
  return { ...config.transform, size: config.size, distort: stage !== "d" };
}

/** A stage's training batches, from any step of the run on. */
export function trainingBatches(
  config: Config,
  stage: Stage,
  cache: ImageCache,
  maker: BatchMaker,
): ViewLoader {
  const { batch: batchSize, seed } = config;
  return viewLoader({ cache, maker, batchSize, seed, transform: transformOf(config, stage) });
}

/** Held-out batches: every image once, always with the same transforms for a seed. */
export function heldOutBatches(
  config: Config,
  stage: Stage,
  cache: ImageCache,
  maker: BatchMaker,
  options: { readonly batchSize?: number; readonly seed?: number } = {},
): AsyncGenerator<ViewBatch, void, void> {
  const { batchSize = config.batch, seed = config.seed } = options;
  return validationBatches({
    cache,
    maker,
    batchSize,
    seed,
    transform: transformOf(config, stage),
  });
}
