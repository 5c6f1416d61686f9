import type { Encoder } from "@dira/backbones";
import { type BatchMaker, type ImageCache, type ModuleCall, validationBatches } from "@dira/data";
import { withChannels } from "@dira/dira";
import { createRandom } from "@dira/random";
import {
  evaluateFeatures,
  extractFeatures,
  type FeatureEvaluationOptions,
  type LabelledBatch,
  type OnlineEvaluation,
  onlineEvaluation,
} from "@dira/transfer";
import * as tf from "@tensorflow/tfjs";
import { type Config, sidesOf } from "../config/index.ts";
import { UsageError } from "../usage-error.ts";
import type { Images } from "../pretraining/open-data.ts";

/** Images encoded at a time. */
const BATCH = 32;

/** How well labels are told from frozen features, by one of the two classifiers. */
interface Told {
  readonly metric: "auroc" | "accuracy";
  readonly value?: number;
  /** AUROC by the label's name; null where all held-out images are alike. */
  readonly labels?: Readonly<Record<string, number | null>>;
}

/** What an encoder's frozen features are worth on the held-out images. */
export interface FrozenQuality {
  readonly knn: Told;
  readonly probe?: Told;
}

/**
 * The online evaluation that a configuration asks for; undefined where it asks for none.
 *
 * @throws UsageError when the images have no labels.
 */
export function onlineEvaluationOf(
  config: Config,
  encoder: Encoder,
  images: Images,
  maker: BatchMaker,
): OnlineEvaluation | undefined {
  const { every } = config.onlineEvaluation;
  if (every === 0) return undefined;
  if (!labelled(images)) {
    throw new UsageError(
      `onlineEvaluation needs labels, and ${images.train.set.name} has none. Use a set with labels, or leave it out (--set onlineEvaluation.every=0).`,
    );
  }
  const [train, test] = sources(config, encoder, images, maker);
  return onlineEvaluation({ train, test, every, ...optionsOf(config) });
}

/** What an encoder's frozen features are worth; undefined where the images have no labels. */
export async function frozenQuality(
  config: Config,
  encoder: Encoder,
  images: Images,
  maker: BatchMaker,
): Promise<FrozenQuality | undefined> {
  if (!labelled(images)) return undefined;
  const [train, test] = sources(config, encoder, images, maker);
  const bank = await extractFeatures(encoder, train());
  const held = await extractFeatures(encoder, test());
  const evaluation = await evaluateFeatures(bank, held, optionsOf(config));
  const names = images.val.set.labelNames ?? [];
  const told = ({ metric, value, perLabel }: (typeof evaluation)["knn"]): Told => ({
    metric,
    ...(value !== undefined && { value }),
    ...(perLabel && {
      labels: Object.fromEntries(perLabel.map((v, l) => [names[l] ?? String(l), v ?? null])),
    }),
  });
  const { knn, probe } = evaluation;
  return { knn: told(knn), ...(probe && { probe: told(probe) }) };
}

const labelled = ({ train, val }: Images): boolean =>
  train.set.labels !== undefined && val.set.labels !== undefined;

function optionsOf({ onlineEvaluation: { k, probe, c } }: Config): FeatureEvaluationOptions {
  return { k, probe: probe ? { c } : false };
}

type Source = () => AsyncGenerator<LabelledBatch, void, void>;

/** Makers of the labelled batches: of some training images, of all held-out ones. */
function sources(
  config: Config,
  encoder: Encoder,
  { train, val }: Images,
  maker: BatchMaker,
): [Source, Source] {
  const some = { ...train, usable: chosen(config, train.usable) };
  const of =
    (cache: ImageCache): Source =>
    () =>
      labelledBatches(sidesOf(config), encoder.inChannels, cache, maker);
  return [of(some), of(val)];
}

/** At most `maxTrain` images, drawn by the seed under a key of their own, in the set's order. */
function chosen({ seed, onlineEvaluation }: Config, usable: readonly number[]): readonly number[] {
  const { maxTrain } = onlineEvaluation;
  if (usable.length <= maxTrain) return usable;
  const order = createRandom(seed, "online evaluation").permutation(usable.length);
  return [...order.subarray(0, maxTrain)].sort((a, b) => a - b).map((i) => usable[i] as number);
}

/** As the benchmark protocol validates, in [0, 1] as in pre-training. */
function wholeView(sides: readonly number[]): ModuleCall {
  if (sides.length === 3) return { name: "cropPad", args: [{ size: sides }] };
  const size = sides[0] as number;
  const view = { size, resize: Math.round((size * 256) / 224), normalize: "none" };
  return { name: "classificationValidation", args: [view] };
}

/** Each usable image once, whole (the central 7/8 of it; of volumes, the middle), with its labels. */
async function* labelledBatches(
  sides: readonly number[],
  channels: number,
  cache: ImageCache,
  maker: BatchMaker,
): AsyncGenerator<LabelledBatch, void, void> {
  const pipeline = { module: "@dira/data", name: "samplePipeline", args: [wholeView(sides)] };
  const batches = validationBatches({ cache, maker, batchSize: BATCH, seed: 0, pipeline });
  for await (const { views, indices } of batches) {
    const [view] = views;
    if (view === undefined) throw new Error("The pipeline gives no view.");
    const images = tf.tidy(() => withChannels(tf.tensor(view.data, [...view.shape]), channels));
    const labels = [...indices].map((i) => cache.set.labels?.(i) ?? []);
    yield { images, labels };
    images.dispose();
  }
}
