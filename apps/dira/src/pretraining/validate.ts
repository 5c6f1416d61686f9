import type { BatchMaker, ImageCache } from "@dira/data";
import { type DiraStep, withChannels } from "@dira/dira";
import type { EmbeddingTable } from "@dira/objectives";
import { createRandom } from "@dira/random";
import { type FeatureMap, globalAveragePool } from "@dira/tensor";
import type { Metrics } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import type { Config, Stage } from "../config/index.ts";
import {
  classesOf,
  disposeOfBatch,
  heldOutBatches,
  type TensorBatch,
  toTensors,
} from "./batches.ts";
import type { AllParts } from "./build.ts";

/** Held-out images whose features are kept: enough to see a collapse, few enough to be quick. */
const KEPT = 128;

/** The encoder's pooled features of the first held-out images, in inference mode: of each of their views. */
export interface HeldOutFeatures {
  readonly first: EmbeddingTable;
  /** Where there are two. */
  readonly second: EmbeddingTable | undefined;
}

/**
 * The step's losses on the held-out images as `val_…`, each batch weighted by its number of images, and
 * features of some of them.
 */
export async function validate(
  config: Config,
  stage: Stage,
  step: DiraStep,
  encoder: AllParts["encoder"],
  cache: ImageCache,
  maker: BatchMaker,
): Promise<{ readonly metrics: Metrics; readonly features: HeldOutFeatures }> {
  const sums: Record<string, number> = {};
  const features: Float32Array[][] = [];
  let count = 0;
  for await (const views of heldOutBatches(config, stage, cache, maker)) {
    const batch = toTensors(views, classesOf(config, cache));
    const metrics = await step.evaluate(batch, createRandom(config.seed, "validation"));
    for (let v = 0; v < batch.views.length && count < KEPT; v += 1)
      (features[v] ??= []).push(await pooled(encoder, batch, v));
    disposeOfBatch(batch);
    const images = views.indices.length;
    for (const [name, value] of Object.entries(metrics))
      sums[`val_${name}`] = (sums[`val_${name}`] ?? 0) + images * value;
    count += images;
  }
  const means = Object.entries(sums).map(([name, sum]) => [name, sum / count]);
  const [first, second] = features.map((rows) => tableOf(rows, encoder)) as [
    EmbeddingTable,
    EmbeddingTable | undefined,
  ];
  return { metrics: Object.fromEntries(means) as Metrics, features: { first, second } };
}

async function pooled(
  encoder: AllParts["encoder"],
  { views }: TensorBatch,
  view: number,
): Promise<Float32Array> {
  const last = encoder.stages[encoder.stages.length - 1]?.name ?? "";
  const features = tf.tidy(() => {
    const x = withChannels(views[view] as tf.Tensor, encoder.inChannels) as FeatureMap;
    return globalAveragePool(encoder.apply(x, "infer")[last] as tf.Tensor);
  });
  const values = (await features.data()) as Float32Array;
  features.dispose();
  return values;
}

function tableOf(rows: readonly Float32Array[], { stages }: AllParts["encoder"]): EmbeddingTable {
  const channels = stages[stages.length - 1]?.channels ?? 1;
  const data = Float32Array.from(rows.flatMap((row) => [...row]));
  return { data, shape: [data.length / channels, channels] };
}
