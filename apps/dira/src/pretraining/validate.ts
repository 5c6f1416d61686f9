import type { BatchMaker, ImageCache } from "@dira/data";
import type { DiraStep } from "@dira/dira";
import { createRandom } from "@dira/random";
import type { Metrics } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import type { Config, Stage } from "../config.ts";
import { heldOutBatches, toTensors } from "./batches.ts";

/** The step's losses on the held-out images as `val_…`, each batch weighted by its number of images. */
export async function validate(
  config: Config,
  stage: Stage,
  step: DiraStep,
  cache: ImageCache,
  maker: BatchMaker,
): Promise<Metrics> {
  const sums: Record<string, number> = {};
  let count = 0;
  for await (const views of heldOutBatches(config, stage, cache, maker)) {
    const batch = toTensors(views);
    const metrics = await step.evaluate(batch, createRandom(config.seed, "validation"));
    tf.dispose([batch.views, batch.target]);
    const images = views.indices.length;
    for (const [name, value] of Object.entries(metrics))
      sums[`val_${name}`] = (sums[`val_${name}`] ?? 0) + images * value;
    count += images;
  }
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count]));
}
