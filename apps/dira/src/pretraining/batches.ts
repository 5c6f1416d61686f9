import {
  type BatchMaker,
  type BatchView,
  type ImageCache,
  type ModuleCall,
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
export function toTensors({ views, target }: ViewBatch): TensorBatch {
  const onEngine = ({ data, shape }: BatchView): tf.Tensor => tf.tensor(data, [...shape]);
  if (target === undefined) throw new Error("The pipeline gives no target to restore.");
  return { views: views.map(onEngine), target: onEngine(target) };
}

/** The transforms of a stage: D alone has no distortions, there being nothing to restore. */
function pipelineOf(config: Config, stage: Stage): ModuleCall {
  const options = { ...config.transform, size: config.size, distort: stage !== "d" };
  return { name: "diraViews", args: [options] };
}

/** A stage's training batches, from any step of the run on. */
export function trainingBatches(
  config: Config,
  stage: Stage,
  cache: ImageCache,
  maker: BatchMaker,
): ViewLoader {
  const { batch: batchSize, seed } = config;
  return viewLoader({ cache, maker, batchSize, seed, pipeline: pipelineOf(config, stage) });
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
    pipeline: pipelineOf(config, stage),
  });
}
