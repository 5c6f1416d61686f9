import type { BatchMaker, ImageCache } from "@dira/data";
import type { DiraStep } from "@dira/dira";
import * as tf from "@tensorflow/tfjs";
import type { Config, Stage } from "../config.ts";
import { heldOutBatches } from "./batches.ts";
import { writeGrid } from "./grid.ts";

/** Columns of a grid. */
const COLUMNS = 8;

/** Writes a grid of held-out images: distorted, restored, target. */
export async function writePictures(
  path: string,
  config: Config,
  stage: Stage,
  step: DiraStep,
  cache: ImageCache,
  maker: BatchMaker,
): Promise<void> {
  for await (const batch of heldOutBatches(config, stage, cache, maker, { batchSize: COLUMNS })) {
    const distorted = batch.views[0] as Float32Array;
    const restored = tf.tidy(() => step.restore(tf.tensor(distorted, [...batch.shape])));
    const rows = [distorted, (await restored.data()) as Float32Array, batch.target];
    restored.dispose();
    await writeGrid(path, rows, config.size);
    return;
  }
}
