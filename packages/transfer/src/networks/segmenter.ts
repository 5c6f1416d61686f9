import type { Encoder } from "@dira/backbones";
import type { Decoder } from "@dira/decoder";
import { gather, type Module } from "@dira/nn";
import type { FeatureMap } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** Options of {@link segmenter}. */
export interface SegmenterOptions {
  readonly encoder: Encoder;
  /** `uNetDecoder({ encoder, outChannels, activation: "identity" })`: as many channels as there are structures. */
  readonly decoder: Decoder;
  /** Normalise by running statistics in training too, and leave these as they are. @defaultValue false */
  readonly frozenNorm?: boolean;
}

/**
 * An encoder and a U-Net decoder as one network, from images `[N, …, C]` to logits `[N, …, structures]` of the same
 * size; its parameters are `encoder.…` and the decoder's own names.
 */
export function segmenter(options: SegmenterOptions): Module<FeatureMap, tf.Tensor> {
  const { encoder, decoder, frozenNorm = false } = options;
  const { parameters, buffers } = gather({ encoder });
  return {
    parameters: { ...parameters, ...decoder.parameters },
    buffers: { ...buffers, ...decoder.buffers },
    apply: (x, given) => {
      const mode = frozenNorm ? "infer" : given;
      return tf.tidy(() => decoder.apply(encoder.apply(x, mode), mode));
    },
  };
}
