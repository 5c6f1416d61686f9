import type { BatchMaker, ImageCache } from "@dira/data";
import type { DiraStep } from "@dira/dira";
import * as tf from "@tensorflow/tfjs";
import type { Config, Stage } from "../config.ts";
import { heldOutBatches, toTensors } from "./batches.ts";
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
    const tensors = toTensors(batch);
    const shown = tf.tidy(() => step.restore(tensors.views[0] as tf.Tensor));
    const restored = (await shown.data()) as Float32Array;
    const rows = [batch.views[0]?.data, restored, batch.target?.data] as Float32Array[];
    tf.dispose([shown, tensors.views, tensors.target]);
    await writeGrid(path, rows, config.size);
    return;
  }
}
