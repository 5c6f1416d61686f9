import {
  DiraError,
  type FeatureMap,
  innerGradient,
  relu,
  resizeLinear,
  spatialShape,
} from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import type { Classifier } from "../networks/classifier.ts";
import { type Outputs, scoreOfOutput } from "./score-of-output.ts";

/** A network in two halves, between which its feature maps lie: {@link classifier}'s, or one's own. */
export type MappedClassifier = Pick<Classifier, "encoder" | "classify">;

/** Options of {@link gradCam} and {@link gradCamPlusPlus}. */
export interface ClassActivationOptions {
  /** The logit to explain: one for all images, or one for each. */
  readonly output: Outputs;
  /** Name of the encoder's stage whose map is taken. @defaultValue the last, before global pooling */
  readonly level?: string;
}

/** From the maps and the score's gradient there, both `[N, …, C]`, to the channels' weights, `[N, 1, …, C]`. */
export type ChannelWeights = (maps: FeatureMap, gradient: FeatureMap) => tf.Tensor;

/**
 * `relu(Σ_k w_k A_k)` of a stage's feature maps A, resized to the images' size.
 *
 * @returns `[N, …]`, as many positions as the images have; at least 0.
 */
export function classActivationMap(
  where: string,
  { encoder, classify }: MappedClassifier,
  images: FeatureMap,
  { output, level }: ClassActivationOptions,
  weightsOf: ChannelWeights,
): tf.Tensor {
  const names = encoder.stages.map(({ name }) => name);
  const name = level ?? names[names.length - 1] ?? "";
  if (!names.includes(name)) {
    throw new DiraError(
      `${where}: expected \`level\` as one of the encoder's stages, ${names.join(", ")}, got ${name}.`,
    );
  }
  return tf.tidy(() => {
    const { at: maps, gradient } = innerGradient(() => {
      const all = encoder.apply(images, "infer");
      const score = scoreOfOutput(where, classify(all, "infer"), output);
      return { at: all[name] as FeatureMap, value: tf.sum(score) };
    });
    const weighted = tf.mul(weightsOf(maps, gradient), maps);
    const activation = relu(tf.sum(weighted, -1, true)) as FeatureMap;
    const size = spatialShape(images);
    return tf.reshape(resizeLinear(activation, size), [images.shape[0], ...size]);
  });
}
