import type { Encoder } from "@dira/backbones";
import { DiraError, type FeatureMap, globalAveragePool, ShapeError } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import type { Labels } from "../labels.ts";
import type { LabelledFeatures } from "./feature-table.ts";

/** What is needed of an encoder; any of `@dira/backbones` fits. */
export type FeatureEncoder = Pick<Encoder, "apply" | "inChannels" | "stages">;

/** Images and what they show. */
export interface LabelledBatch {
  /** `[N, H, W, C]` or `[N, D, H, W, C]` */
  readonly images: tf.Tensor;
  /** Of these N images. */
  readonly labels: Labels;
}

/** Batches as they are, or as they are made. */
export type LabelledBatches = Iterable<LabelledBatch> | AsyncIterable<LabelledBatch>;

/**
 * One pass over images: the encoder's last feature maps, averaged over all positions, `[N, C]`.
 *
 * The encoder runs in inference mode, with running statistics in its norms, and nothing of it changes. The
 * images stay the caller's: a generator can dispose of them after its `yield`.
 *
 * @throws DiraError when there are no images; ShapeError when their channels are not the encoder's.
 */
export async function extractFeatures(
  encoder: FeatureEncoder,
  batches: LabelledBatches,
): Promise<LabelledFeatures> {
  const rows: Float32Array[] = [];
  const labels: (number | readonly number[])[] = [];
  for await (const batch of batches) {
    rows.push(await pooled(encoder, batch.images));
    labels.push(...batch.labels);
  }
  const length = rows.reduce((sum, values) => sum + values.length, 0);
  if (length === 0) throw new DiraError("extractFeatures: expected images, got none.");
  const data = new Float32Array(length);
  let at = 0;
  for (const values of rows) {
    data.set(values, at);
    at += values.length;
  }
  const channels = lastStage(encoder).channels;
  return { data, shape: [length / channels, channels], labels: labels as Labels };
}

async function pooled(encoder: FeatureEncoder, images: tf.Tensor): Promise<Float32Array> {
  const channels = images.shape[images.rank - 1];
  if (channels !== encoder.inChannels) {
    throw new ShapeError(
      `extractFeatures: the encoder takes ${encoder.inChannels} channels, the images are [${images.shape.join(", ")}]. Repeat a grey image's channel (\`withChannels\` of @dira/dira).`,
      `… ${encoder.inChannels}`,
      images.shape,
    );
  }
  const { name } = lastStage(encoder);
  const features = tf.tidy(() =>
    globalAveragePool(encoder.apply(images as FeatureMap, "infer")[name] as tf.Tensor),
  );
  const values = (await features.data()) as Float32Array;
  features.dispose();
  return values;
}

function lastStage({ stages }: FeatureEncoder): FeatureEncoder["stages"][number] {
  const last = stages[stages.length - 1];
  if (last !== undefined) return last;
  throw new DiraError("extractFeatures: the encoder has no stages.");
}
