import { uNetEncoder } from "@dira/backbones";
import {
  batchNorm,
  convolution,
  gather,
  type Mode,
  type Module,
  torchDefault,
  transposedConvolution,
} from "@dira/nn";
import type { Random } from "@dira/random";
import { globalAveragePool } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** Options of {@link volumeAutoEncoder}. */
export interface AutoEncoderOptions {
  /** Channels of the first convolution. */
  readonly width: number;
  readonly levels: number;
  readonly random: Random;
}

/** Restores volumes `[N, D, H, W, 1]` in [0, 1] from their bottleneck. */
export interface VolumeAutoEncoder extends Module<tf.Tensor, tf.Tensor> {
  /** The bottleneck averaged over positions, `[N, C]`: 512 features with width 32 and 4 levels. */
  features(x: tf.Tensor): tf.Tensor2D;
}

/**
 * An auto-encoder of whole volumes: `uNetEncoder`, whose last maps alone are handed on, and its mirror
 * image: at each level a transposed convolution and one with batch norm and ReLU, at the end a 1×1×1
 * convolution and a sigmoid. No skip connections, so all that is restored has gone through the bottleneck.
 */
export function volumeAutoEncoder({
  width,
  levels,
  random,
}: AutoEncoderOptions): VolumeAutoEncoder {
  const encoder = uNetEncoder({ width, levels, random: random.derive("encoder") });
  const stages = [...encoder.stages].reverse();
  const last = stages[0]?.name as string;
  const blocks = stages.slice(1).map(({ name, channels }, i) => {
    const from = stages[i]?.channels as number;
    const stream = random.derive("decoder", name);
    const common = { spatialRank: 3, inChannels: from } as const;
    return {
      up: transposedConvolution({
        ...common,
        outChannels: from,
        kernel: 2,
        stride: 2,
        init: torchDefault(from * 8),
        random: stream.derive("up"),
      }),
      conv: convolution({ ...common, outChannels: channels, random: stream.derive("conv") }),
      norm: batchNorm({ channels }),
    };
  });
  const head = convolution({
    spatialRank: 3,
    inChannels: 2 * width,
    outChannels: 1,
    kernel: 1,
    bias: true,
    init: torchDefault(2 * width),
    random: random.derive("head"),
  });
  const bottleneck = (x: tf.Tensor, mode: Mode): tf.Tensor =>
    encoder.apply(x as tf.Tensor5D, mode)[last] as tf.Tensor;
  const named = Object.fromEntries(blocks.map((block, i) => [`decoder.${i}`, gather(block)]));
  return {
    ...gather({ encoder, ...named, head }),
    apply: (x, mode) =>
      tf.tidy(() => {
        const restored = blocks.reduce(
          (y, { up, conv, norm }) => norm.applyRelu(conv.apply(up.apply(y, mode), mode), mode),
          bottleneck(x, mode),
        );
        return tf.sigmoid(head.apply(restored, mode));
      }),
    features: (x) => tf.tidy(() => globalAveragePool(bottleneck(x, "infer"))),
  };
}
