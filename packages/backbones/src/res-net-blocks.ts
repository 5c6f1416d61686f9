import { batchNorm, type BatchNorm, convolution, gather, type Module } from "@dira/nn";
import type { Random } from "@dira/random";
import type { PerAxis, SpatialRank } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** Options of a residual block. */
export interface ResidualBlockOptions {
  readonly spatialRank: SpatialRank;
  readonly inChannels: number;
  /** Channels inside the block; a bottleneck gives four times as many. */
  readonly width: number;
  /** Size of the middle convolutions, per axis. */
  readonly kernel: readonly number[];
  /** Per axis. */
  readonly stride: readonly number[];
  readonly random: Random;
}

/** A residual block: `relu(residual(x) + shortcut(x))`. */
export interface ResidualBlock extends Module<tf.Tensor, tf.Tensor> {
  readonly outChannels: number;
}

/** Two 3×3 convolutions (ResNet-18 and -34). */
export function basicBlock(options: ResidualBlockOptions): ResidualBlock {
  return residual(options, options.width, [
    { kernel: options.kernel, stride: options.stride, outChannels: options.width },
    { kernel: options.kernel, stride: 1, outChannels: options.width },
  ]);
}

/**
 * 1×1, 3×3, 1×1 (ResNet-50). The stride sits on the 3×3 convolution, as in torchvision ("v1.5").
 */
export function bottleneck(options: ResidualBlockOptions): ResidualBlock {
  return residual(options, 4 * options.width, [
    { kernel: 1, stride: 1, outChannels: options.width },
    { kernel: options.kernel, stride: options.stride, outChannels: options.width },
    { kernel: 1, stride: 1, outChannels: 4 * options.width },
  ]);
}

interface Step {
  readonly kernel: PerAxis;
  readonly stride: PerAxis;
  readonly outChannels: number;
}

function residual(
  options: ResidualBlockOptions,
  outChannels: number,
  steps: readonly Step[],
): ResidualBlock {
  const { spatialRank, inChannels, stride, random } = options;
  const modules: Record<string, Module<tf.Tensor, tf.Tensor>> = {};
  const unit = (conv: string, bn: string, from: number, step: Step): Unit => {
    const built = {
      conv: convolution({ spatialRank, inChannels: from, ...step, random: random.derive(conv) }),
      norm: batchNorm({ channels: step.outChannels }),
    };
    modules[conv] = built.conv;
    modules[bn] = built.norm;
    return built;
  };
  let channels = inChannels;
  const path = steps.map((step, i) => {
    const built = unit(`conv${i + 1}`, `bn${i + 1}`, channels, step);
    channels = step.outChannels;
    return built;
  });
  const shortcut =
    stride.every((step) => step === 1) && inChannels === outChannels
      ? undefined
      : unit("downsample.0", "downsample.1", inChannels, { kernel: 1, stride, outChannels });
  return {
    outChannels,
    ...gather(modules),
    apply: (x, mode) =>
      tf.tidy(() => {
        const residual =
          shortcut === undefined ? x : shortcut.norm.apply(shortcut.conv.apply(x, mode), mode);
        return path.reduce((y, { conv, norm }, i) => {
          const last = i === path.length - 1;
          return norm.applyRelu(conv.apply(y, mode), mode, last ? residual : undefined);
        }, x);
      }),
  };
}

/** A convolution and its batch norm. */
interface Unit {
  readonly conv: Module<tf.Tensor, tf.Tensor>;
  readonly norm: BatchNorm;
}
