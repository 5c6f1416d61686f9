import { batchNorm, checkpointed, convolution, gather, type Mode, type Module } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import { DiraError, maxPool, type PerAxis, perAxis, type SpatialRank } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { checkImages } from "./check-images.ts";
import type { Encoder, EncoderStage, FeatureMaps } from "./encoder.ts";
import { basicBlock, bottleneck, type ResidualBlockOptions } from "./res-net-blocks.ts";

/** ResNets by torchvision's names. */
export type ResNetName = "resnet18" | "resnet34" | "resnet50";

/** Options of {@link resNet}. */
export interface ResNetOptions {
  /** @defaultValue 2 */
  readonly spatialRank?: SpatialRank;
  /** Channels of the image; torchvision's have 3. @defaultValue 3 */
  readonly inChannels?: number;
  /** Channels of the stem and of the first stage's blocks. @defaultValue 64 */
  readonly width?: number;
  /** Size of the stem's convolution, per axis; `[1, 7, 7]` for thick slices. @defaultValue 7 */
  readonly stemKernel?: PerAxis;
  /** Stride of the stem's convolution, per axis. @defaultValue 2 */
  readonly stemStride?: PerAxis;
  /** Size of the blocks' convolutions and of the pooling, per axis; `[1, 3, 3]` for thick slices. @defaultValue 3 */
  readonly kernel?: PerAxis;
  /** Stride of the pooling and of the second to fourth stage, per axis; `[1, 2, 2]` for thick slices. @defaultValue 2 */
  readonly stride?: PerAxis;
  /**
   * Whether residual blocks keep only their inputs for the backward pass and compute the rest again there: less memory,
   * one further forward pass, the same result. @defaultValue false
   */
  readonly checkpoint?: boolean;
  /** Seeds the initial weights. @defaultValue `createRandom("resnet")` */
  readonly random?: Random;
}

const designs = {
  resnet18: { block: basicBlock, depths: [2, 2, 2, 2] },
  resnet34: { block: basicBlock, depths: [3, 4, 6, 3] },
  resnet50: { block: bottleneck, depths: [3, 4, 6, 3] },
} as const;

/**
 * A ResNet without its pooling and classifier: the encoder that DiRA trains.
 *
 * Shapes, initialisation and names (`conv1.weight`, `layer1.0.bn2.running_mean`, …) are those of
 * torchvision's `resnet18/34/50`; with `spatialRank: 3` every kernel gains a depth axis, which makes 33,203,904,
 * 63,513,536 and 46,198,976 parameters.
 *
 * Feature maps (2D, input H×W): `stem` 64 at 1/2, `layer1` at 1/4, `layer2` at 1/8, `layer3` at 1/16,
 * `layer4` at 1/32, with 64…512 channels (ResNet-50: 256…2048). Sizes that a stride does not divide are rounded up
 * at each stage, as in PyTorch: 33 gives 17, 9, 5, 3, 2. (A U-Net decoder needs sizes that divide.)
 *
 * @param name - `"resnet18"`, `"resnet34"` or `"resnet50"`.
 * @throws DiraError for an unknown name; ShapeError when an input is too small or has other channels.
 * @see He et al. 2016, https://arxiv.org/abs/1512.03385
 */
export function resNet(name: ResNetName, options: ResNetOptions = {}): Encoder {
  const { spatialRank = 2, inChannels = 3, width = 64 } = options;
  const axes = (value: PerAxis | undefined, standard: number, what: string): number[] =>
    perAxis(value ?? standard, spatialRank, `resNet: ${what}`);
  const stem = {
    kernel: axes(options.stemKernel, 7, "stemKernel"),
    stride: axes(options.stemStride, 2, "stemStride"),
  };
  const windows = {
    kernel: axes(options.kernel, 3, "kernel"),
    stride: axes(options.stride, 2, "stride"),
  };
  const random = options.random ?? createRandom("resnet");
  const design = designs[name];
  if (design === undefined) {
    throw new DiraError(
      `resNet: expected one of ${Object.keys(designs).join(", ")}, got \`${name}\`.`,
    );
  }
  const conv1 = convolution({
    spatialRank,
    inChannels,
    outChannels: width,
    ...stem,
    random: random.derive("conv1"),
  });
  const bn1 = batchNorm({ channels: width });
  const { layers, channels } = residualStages(design, { spatialRank, width, ...windows, random });
  const blocks = options.checkpoint === true ? mapValues(layers, checkpointed) : layers;
  const stages: EncoderStage[] = [width, ...channels].map((stageChannels, i) => ({
    name: i === 0 ? "stem" : `layer${i}`,
    channels: stageChannels,
    reduction: stem.stride.map((first, axis) => first * (windows.stride[axis] ?? 1) ** i),
  }));
  const pooling = {
    size: windows.kernel,
    stride: windows.stride,
    padding: windows.kernel.map((size) => Math.floor(size / 2)),
  };
  // An axis that gets smaller needs something to make smaller.
  const least = stages[stages.length - 1]?.reduction.map((reduction) => Math.min(reduction, 2));
  return {
    spatialRank,
    inChannels,
    stages,
    ...gather({ conv1, bn1, ...layers }),
    apply: (x, mode) => {
      checkImages("resNet", x, { spatialRank, inChannels, least });
      const maps: Record<string, tf.Tensor> = {};
      maps["stem"] = tf.tidy(() => bn1.applyRelu(conv1.apply(x, mode), mode));
      let y = tf.tidy(() => maxPool(maps["stem"] as tf.Tensor, pooling));
      for (let i = 1; i < stages.length; i += 1) {
        const next = runLayer(blocks, i, y, mode);
        if (i === 1) y.dispose();
        maps[`layer${i}`] = next;
        y = next;
      }
      return maps satisfies FeatureMaps;
    },
  };
}

type Blocks = Record<string, Module<tf.Tensor, tf.Tensor>>;

function residualStages(
  design: (typeof designs)[ResNetName],
  { spatialRank, width, kernel, stride, random }: Omit<ResidualBlockOptions, "inChannels">,
): { layers: Blocks; channels: number[] } {
  const layers: Blocks = {};
  const channels: number[] = [];
  let inChannels = width;
  design.depths.forEach((depth, stage) => {
    for (let block = 0; block < depth; block += 1) {
      const name = `layer${stage + 1}.${block}`;
      const built = design.block({
        spatialRank,
        inChannels,
        width: width * 2 ** stage,
        kernel,
        stride: block === 0 && stage > 0 ? stride : stride.map(() => 1),
        random: random.derive(name),
      });
      layers[name] = built;
      inChannels = built.outChannels;
    }
    channels.push(inChannels);
  });
  return { layers, channels };
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  f: (value: T) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
}

function runLayer(layers: Blocks, stage: number, x: tf.Tensor, mode: Mode): tf.Tensor {
  const blocks = Object.entries(layers).filter(([name]) => name.startsWith(`layer${stage}.`));
  return tf.tidy(() => blocks.reduce((y, [, block]) => block.apply(y, mode), x));
}
