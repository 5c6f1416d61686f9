import type { BatchMaker, BatchView, ImageCache, ViewBatch } from "@dira/data";
import { diraStep, type DiraStep, withChannels } from "@dira/dira";
import { createRandom } from "@dira/random";
import { type FeatureMap, globalAveragePool } from "@dira/tensor";
import type { Metrics } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import { type Config, sidesOf, type Stage } from "../config/index.ts";
import {
  classesOf,
  disposeOfBatch,
  heldOutBatches,
  toTensors,
  type TensorBatch,
  trainingBatches,
} from "../pretraining/batches.ts";
import { type AllParts, buildOptimisers, stageParts, stageWeights } from "../pretraining/build.ts";
import type { Images } from "../pretraining/open-data.ts";
import { type FrozenQuality, frozenQuality } from "./labelled-images.ts";
import { gradientRatio, takenForReal } from "./adversary.ts";
import { type RestorationSums, restorationSums } from "./restoration.ts";
import { retrievalHits } from "./retrieval.ts";

/** What some networks do on held-out images. */
export interface Measures {
  /** Mean losses, and the objective's own metrics, over images and draws. */
  readonly losses: Metrics;
  /** Per held-out image, the share of draws in which its view 2 is the nearest to its view 1. */
  readonly hits: readonly number[];
  /** What frozen features are worth, where the images have labels. */
  readonly frozen?: FrozenQuality;
  /** From stage D+R on. */
  readonly restoration?: ReturnType<RestorationSums["result"]>;
  /** From stage D+R+A on. */
  readonly critic?: CriticMeasures;
}

/** How the critic does on held-out images. */
interface CriticMeasures {
  /** Share of real images taken for real. */
  readonly real_accuracy: number;
  /** Share of restorations told from real. */
  readonly restored_accuracy: number;
  /** ‖∂(λ_adv L_adv)/∂x̂‖ over ‖∂(λ_res L_res)/∂x̂‖, mean over batches. */
  readonly gradient_ratio: number;
}

/** Batches that settle the statistics of networks that were never trained. */
const SETTLING_BATCHES = 8;

/** Measures networks of one configuration on the same held-out views. */
export interface Measurer {
  /** @param stage - what the networks were trained in; decides what there is to measure. */
  measure(parts: AllParts, stage: Stage): Promise<Measures>;
  /**
   * Lets the encoder's running statistics settle on training images: networks that were never trained
   * would otherwise be judged with statistics that fit no data.
   */
  settle(parts: AllParts): Promise<void>;
}

/**
 * Measures over `draws` passes through the held-out images; each pass draws other crops, intensities
 * and distortions, the same for all networks.
 */
export function measurer(
  config: Config,
  images: Images,
  maker: BatchMaker,
  draws: number,
): Measurer {
  const passes = Array.from(
    { length: draws },
    (_, draw) => () =>
      heldOutBatches(config, "dra", images.val, maker, { seed: config.seed + draw }),
  );
  return {
    measure: async (parts, stage) => {
      const weights = stageWeights(config, stage);
      const used = stageParts(parts, weights);
      const optimisers = buildOptimisers(config, used);
      const step = diraStep(used, optimisers, weights);
      const collector = collect(config, parts, stage, step, images.val);
      for (const pass of passes) {
        for await (const batch of pass()) await collector.add(batch);
        collector.endPass();
      }
      optimisers.generator.dispose();
      optimisers.critic?.dispose();
      const frozen = await frozenQuality(config, parts.encoder, images, maker);
      return { ...collector.result(), ...(frozen && { frozen }) };
    },
    settle: async ({ encoder }) => {
      let left = SETTLING_BATCHES;
      for await (const views of trainingBatches(config, "dra", images.train, maker).from(0)) {
        const batch = toTensors(views);
        tf.tidy(() => void encoder.apply(wide(batch, 0, encoder.inChannels), "train"));
        disposeOfBatch(batch);
        if (--left === 0) return;
      }
    },
  };
}

interface Collector {
  add(batch: ViewBatch): Promise<void>;
  endPass(): void;
  result(): Measures;
}

function collect(
  config: Config,
  parts: AllParts,
  stage: Stage,
  step: DiraStep,
  cache: ImageCache,
): Collector {
  const losses = weightedMeans();
  const restoration = restorationSums(sidesOf(config));
  const verdicts = weightedMeans();
  const hits: number[] = [];
  let [passes, features]: [number, tf.Tensor2D[][]] = [0, []];
  return {
    add: async (views) => {
      const batch = toTensors(views, classesOf(config, cache));
      const count = views.indices.length;
      losses.add(await step.evaluate(batch, createRandom(config.seed, "evaluation")), count);
      batch.views.forEach((_, view) =>
        (features[view] ??= []).push(pooledFeatures(parts, batch, view)),
      );
      if (stage !== "d") {
        const restored = tf.tidy(() => step.restore(batch.views[0] as tf.Tensor));
        const [view, target] = [views.views[0] as BatchView, views.target as BatchView];
        restoration.add({
          distorted: view.data,
          restored: (await restored.data()) as Float32Array,
          target: target.data,
          inpainted: view.inpainted,
        });
        if (stage === "dra") verdicts.add(judged(config, parts, batch.target, restored), count);
        restored.dispose();
      }
      disposeOfBatch(batch);
    },
    endPass: () => {
      const [queries, keys] = features.map((parts) => tf.concat(parts));
      if (queries !== undefined && keys !== undefined)
        retrievalHits(queries, keys).forEach((hit, i) => (hits[i] = (hits[i] ?? 0) + hit));
      tf.dispose([...features, ...[queries, keys].filter((table) => table !== undefined)]);
      [passes, features] = [passes + 1, []];
    },
    result: () => ({
      losses: losses.result(),
      hits: hits.map((count) => count / passes),
      ...(stage === "d" ? {} : { restoration: restoration.result() }),
      ...(stage === "dra" ? { critic: verdicts.result() as unknown as CriticMeasures } : {}),
    }),
  };
}

/** Globally pooled features of the encoder's last stage, `[N, C]`: what transfers to other tasks. */
function pooledFeatures({ encoder }: AllParts, batch: TensorBatch, view: number): tf.Tensor2D {
  const last = encoder.stages[encoder.stages.length - 1]?.name ?? "";
  return tf.tidy(() => {
    const maps = encoder.apply(wide(batch, view, encoder.inChannels), "infer");
    return globalAveragePool(maps[last] as tf.Tensor);
  });
}

function wide({ views }: TensorBatch, view: number, channels: number): FeatureMap {
  return withChannels(views[view] as tf.Tensor, channels) as FeatureMap;
}

function judged(
  config: Config,
  { critic, adversarialLoss }: AllParts,
  target: tf.Tensor,
  restored: tf.Tensor,
): Record<keyof CriticMeasures, number> {
  const share = (taken: readonly number[]): number =>
    taken.reduce((a, b) => a + b, 0) / taken.length;
  const verdicts = takenForReal(critic, adversarialLoss, target, restored);
  return {
    real_accuracy: share(verdicts.real),
    restored_accuracy: 1 - share(verdicts.restored),
    gradient_ratio: gradientRatio(critic, adversarialLoss, config.weights, restored, target),
  };
}

/** Means of named values, each addition with its own weight. */
function weightedMeans(): {
  add(values: Metrics, weight: number): void;
  result(): Record<string, number>;
} {
  const sums = new Map<string, number>();
  let total = 0;
  return {
    add: (values, weight) => {
      total += weight;
      for (const [name, value] of Object.entries(values))
        sums.set(name, (sums.get(name) ?? 0) + weight * value);
    },
    result: () => Object.fromEntries([...sums].map(([name, sum]) => [name, sum / total])),
  };
}
