import type { Encoder, FeatureMaps } from "@dira/backbones";
import { gather, linear, type Mode, type Module, normal } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import { DiraError, type FeatureMap, globalAveragePool } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** Options of {@link classifier}. */
export interface ClassifierOptions {
  readonly encoder: Encoder;
  /** Logits: labels of which an image may have several, or classes. */
  readonly outputs: number;
  /** Normalise by the encoder's running statistics in training too, and leave these as they are. @defaultValue false */
  readonly frozenNorm?: boolean;
  /** Seeds the head. @defaultValue `createRandom("classifier")` */
  readonly random?: Random;
}

/** From images `[N, …, C]` to logits `[N, outputs]`; its parameters are `encoder.…` and `head.…`. */
export interface Classifier extends Module<FeatureMap, tf.Tensor2D> {
  readonly encoder: Encoder;
  /** The second half: from the encoder's feature maps to the logits. */
  classify(maps: FeatureMaps, mode: Mode): tf.Tensor2D;
}

/**
 * An encoder, global average pooling and a linear layer, its weights from N(0, 0.01²), its bias 0: the classifier of the
 * benchmark protocol, in 2D and 3D.
 *
 * @throws DiraError when `outputs` is not a whole number above 0.
 * @see Hosseinzadeh Taher et al. 2021, https://arxiv.org/abs/2108.05930
 */
export function classifier(options: ClassifierOptions): Classifier {
  const { encoder, outputs, frozenNorm = false } = options;
  const random = options.random ?? createRandom("classifier");
  if (!(Number.isInteger(outputs) && outputs > 0)) {
    throw new DiraError(`classifier: \`outputs\` must be a whole number above 0, got ${outputs}.`);
  }
  const last = encoder.stages[encoder.stages.length - 1];
  const head = linear({
    inFeatures: last?.channels ?? 0,
    outFeatures: outputs,
    init: normal(0.01),
    random: random.derive("head"),
  });
  const classify: Classifier["classify"] = (maps, mode) =>
    tf.tidy(() => head.apply(globalAveragePool(maps[last?.name ?? ""] as tf.Tensor), mode));
  return {
    encoder,
    ...gather({ encoder, head }),
    classify,
    apply: (x, mode) =>
      tf.tidy(() => classify(encoder.apply(x, frozenNorm ? "infer" : mode), mode)),
  };
}
