import { batchNorm, convolution, gather, linear } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import {
  DiraError,
  globalAveragePool,
  type PerAxis,
  type SpatialRank,
  softmaxCrossEntropy,
  withoutGradient,
} from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import type { Objective, ObjectiveContext, ObjectiveEncoder } from "../objective.ts";
import { lastStage } from "./features.ts";

/** Options of {@link transVw}. */
export interface TransVwOptions {
  readonly encoder: ObjectiveEncoder;
  readonly spatialRank: SpatialRank;
  /** C, the number of visual words. @defaultValue 44 (TransVW's released training) */
  readonly words?: number;
  /** Size of the head's convolution, per axis; `[1, 3, 3]` for thick slices. @defaultValue 3 */
  readonly kernel?: PerAxis;
  /** Channels of the head's convolution. @defaultValue 1024 (TransVW) */
  readonly hiddenChannels?: number;
  /** Seeds the head. @defaultValue `createRandom("trans-vw")` */
  readonly random?: Random;
}

/**
 * TransVW's D: which visual word is this? Each image is a crop around an anatomical pattern that recurs
 * between patients, and its word is the pseudo-label in `context.labels`. The head is a 3 × 3 (× 3)
 * convolution with batch norm and ReLU, global average pooling and a linear layer; the loss is the
 * cross-entropy.
 *
 * @throws DiraError when a batch has no labels.
 * @see Haghighi et al. 2021, section III, https://arxiv.org/abs/2102.10680
 */
export function transVw(options: TransVwOptions): Objective {
  const { encoder, spatialRank, words = 44, kernel = 3, hiddenChannels = 1024 } = options;
  const random = options.random ?? createRandom("trans-vw");
  const last = lastStage("transVw", encoder);
  const conv = convolution({
    spatialRank,
    inChannels: last.channels,
    outChannels: hiddenChannels,
    kernel,
    bias: true,
    random: random.derive("conv"),
  });
  const norm = batchNorm({ channels: hiddenChannels });
  const classifier = linear({
    inFeatures: hiddenChannels,
    outFeatures: words,
    random: random.derive("classifier"),
  });
  return {
    name: "trans-vw",
    views: 1,
    ...gather({ conv, norm, classifier }),
    state: {},
    chance: () => Math.log(words),
    targets: (_, context) => ({ words: tf.clone(labelsOf(context)) }),
    loss: (encode, targets, { mode }) => {
      const hidden = norm.applyRelu(conv.apply(last.map(encode(0)), mode), mode);
      const logits = classifier.apply(globalAveragePool(hidden), mode);
      const labels = targets["words"] as tf.Tensor1D;
      return {
        loss: softmaxCrossEntropy(logits, labels),
        metrics: { word_accuracy: accuracy(logits, labels) },
      };
    },
    commit: () => undefined,
  };
}

function labelsOf({ labels }: ObjectiveContext): tf.Tensor {
  if (labels !== undefined) return labels;
  throw new DiraError(
    "transVw: expected the visual word of each image in `context.labels`, got none. Use a data set that gives them.",
  );
}

function accuracy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return withoutGradient(() => tf.mean(tf.equal(tf.argMax(logits, 1), labels)));
}
