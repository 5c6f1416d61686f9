import { sampleOf } from "@dira/augmentations";
import type { BatchMaker, ImageCache, ViewBatch } from "@dira/data";
import { withChannels } from "@dira/dira";
import type { Module } from "@dira/nn";
import { DiraError, type FeatureMap } from "@dira/tensor";
import { slidingWindow } from "@dira/transfer";
import * as tf from "@tensorflow/tfjs";
import { heldOutBatches, imagesOf } from "./batches.ts";
import { divisorOf, type FinetuneConfig, sidesOf } from "./config.ts";
import { OUTPUTS } from "./outputs.ts";

/** What a network makes of one image. */
export interface ImagePrediction {
  /** The image's number in its set. */
  readonly image: number;
  /** Per label, or per pixel and structure. */
  readonly probabilities: Float32Array;
  /** `[labels]` or `[…sides, structures]`. */
  readonly shape: readonly number[];
  /** Of a map, in mm along each side, where known. */
  readonly spacing?: readonly number[];
  /** Of a map: the true mask on its grid, where the image has one. */
  readonly mask?: Uint8Array;
}

/** A network and how images are made ready for it. */
export interface Predictor {
  readonly config: FinetuneConfig;
  readonly network: Module<FeatureMap, tf.Tensor>;
  /** That the encoder takes. */
  readonly channels: number;
  readonly maker: BatchMaker;
}

/**
 * Probabilities of each image as the task tests, one image after the other: labels as the mean over an image's views; masks
 * of images at the network's size; masks of volumes at their own size, by sliding windows (probabilities are blended).
 *
 * @throws Error naming the image, when a prediction is no number.
 */
export async function* predictions(
  predictor: Predictor,
  cache: ImageCache,
): AsyncGenerator<ImagePrediction, void, void> {
  const { spatialRank, target } = predictor.config;
  if (spatialRank === 3 && target.kind === "masks") yield* ofVolumes(predictor, cache);
  else yield* ofViews(predictor, cache);
}

async function* ofViews(
  predictor: Predictor,
  cache: ImageCache,
): AsyncGenerator<ImagePrediction, void, void> {
  const { config, maker } = predictor;
  const size = Math.max(1, Math.floor(config.batch / (config.test === "ten-crop" ? 10 : 1)));
  for await (const batch of heldOutBatches({ config, cache, maker }, "test", size)) {
    const output = tf.tidy(() => meanOverViews(predictor, batch));
    const [, ...shape] = output.shape;
    const data = (await output.data()) as Float32Array;
    output.dispose();
    for (const [n, image] of batch.indices.entries()) {
      const probabilities = rowOf(data, n, batch.indices.length);
      if (probabilities.some((value) => Number.isNaN(value))) throw refusal(cache, image);
      const map = shape.length > 1 ? await groundOf(cache, batch, n, shape) : {};
      yield { image, probabilities, shape, ...map };
    }
  }
}

/** Spacing and true mask of an image that was resized to a map. */
async function groundOf(
  cache: ImageCache,
  { indices, views }: ViewBatch,
  n: number,
  map: readonly number[],
): Promise<Pick<ImagePrediction, "spacing" | "mask">> {
  const image = indices[n] as number;
  const { shape, spacing } = await cache.get(image);
  const mask = (await cache.mask(image)) === undefined ? undefined : views[0]?.mask;
  return {
    ...(spacing && {
      spacing: spacing.map((mm, axis) => (mm * (shape[axis] as number)) / (map[axis] as number)),
    }),
    ...(mask && { mask: rowOf(mask, n, indices.length) }),
  };
}

async function* ofVolumes(
  { config, network, channels }: Predictor,
  cache: ImageCache,
): AsyncGenerator<ImagePrediction, void, void> {
  const { batch, overlap } = config;
  const { probabilities } = OUTPUTS[config.loss];
  const options = { roiSize: sidesOf(config), divisor: divisorOf(config), batch, overlap };
  const apply = (windows: tf.Tensor): tf.Tensor =>
    probabilities(network.apply(withChannels(windows, channels) as FeatureMap, "infer"));
  for (const image of cache.usable) {
    const scan = await cache.get(image);
    const { data } = sampleOf(scan).image;
    const map = await slidingWindow({ data, shape: [...scan.shape, 1] }, apply, options).catch(
      (error: unknown) => {
        throw DiraError.isInstance(error) ? refusal(cache, image, error) : error;
      },
    );
    const [{ spacing }, mask] = [scan, await cache.mask(image)];
    yield {
      image,
      probabilities: map.data,
      shape: map.shape,
      ...(spacing && { spacing }),
      ...(mask && { mask: mask.data }),
    };
  }
}

function meanOverViews({ config, network, channels }: Predictor, batch: ViewBatch): tf.Tensor {
  const { probabilities } = OUTPUTS[config.loss];
  const each = batch.views.map((_, view) =>
    tf.tidy(() =>
      probabilities(network.apply(imagesOf(batch, view, channels) as FeatureMap, "infer")),
    ),
  );
  return tf.div(tf.addN(each), each.length);
}

function rowOf<Row extends Float32Array | Uint8Array>(data: Row, n: number, count: number): Row {
  const length = data.length / count;
  return data.slice(n * length, (n + 1) * length) as Row;
}

function refusal({ set }: ImageCache, image: number, cause?: Error): Error {
  const why = cause === undefined ? "" : ` ${cause.message}`;
  return new Error(
    `The network's prediction for ${set.id(image)} is no number (NaN). Its weights are broken: take an earlier checkpoint, or a lower learning rate.${why}`,
    { cause },
  );
}
