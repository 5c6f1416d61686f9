import type { BatchMaker, ImageCache, ViewBatch } from "@dira/data";
import type { Module } from "@dira/nn";
import type { FeatureMap } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { heldOutBatches, imagesOf, type TargetReader } from "./batches.ts";
import type { FinetuneConfig } from "./config.ts";

/** What a network makes of images, and what is true of them. */
export interface Predictions {
  /** Numbers of the images in their set. */
  readonly images: readonly number[];
  /** Probabilities: per label, or per pixel and structure. */
  readonly probabilities: readonly Float32Array[];
  /** The same of the truth: 0, 1, NaN where unknown. */
  readonly truth: readonly Float32Array[];
  /** Of the maps, `[…, structures]`; of labels `[labels]`. */
  readonly shape: readonly number[];
}

/** What {@link predict} needs. */
export interface Prediction {
  readonly config: FinetuneConfig;
  readonly network: Module<FeatureMap, tf.Tensor>;
  readonly channels: number;
  readonly reader: TargetReader;
  readonly maker: BatchMaker;
}

/**
 * Probabilities of all images of a split, as the task tests: the mean over an image's views.
 *
 * @throws Error when a prediction is no number.
 */
export async function predict(prediction: Prediction, cache: ImageCache): Promise<Predictions> {
  const { config, reader, maker } = prediction;
  const views = config.test === "ten-crop" ? 10 : 1;
  const size = Math.max(1, Math.floor(config.batch / views));
  const images: number[] = [];
  const [probabilities, truth]: [Float32Array[], Float32Array[]] = [[], []];
  let shape: readonly number[] = [];
  for await (const batch of heldOutBatches({ config, cache, maker }, "test", size)) {
    const target = reader.of(batch, cache);
    const output = tf.tidy(() => meanOverViews(prediction, batch));
    const [, ...one] = output.shape;
    shape = one;
    probabilities.push(...rowsOf((await output.data()) as Float32Array, batch.indices.length));
    truth.push(...rowsOf((await target.data()) as Float32Array, batch.indices.length));
    images.push(...batch.indices);
    tf.dispose([target, output]);
  }
  probabilities.forEach((row, n) => {
    if (row.every((value) => !Number.isNaN(value))) return;
    throw new Error(
      `The network's prediction for ${cache.set.id(images[n] as number)} is no number (NaN). Its weights are broken: take an earlier checkpoint, or a lower learning rate.`,
    );
  });
  return { images, probabilities, truth, shape };
}

function meanOverViews({ network, channels }: Prediction, batch: ViewBatch): tf.Tensor {
  const each = batch.views.map((_, view) =>
    tf.tidy(() =>
      tf.sigmoid(network.apply(imagesOf(batch, view, channels) as FeatureMap, "infer")),
    ),
  );
  return tf.div(tf.addN(each), each.length);
}

function rowsOf(data: Float32Array, count: number): Float32Array[] {
  const length = data.length / count;
  return Array.from({ length: count }, (_, i) => data.slice(i * length, (i + 1) * length));
}
