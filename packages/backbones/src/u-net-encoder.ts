import { batchNorm, checkpointed, convolution, gather, type Module, torchDefault } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import { DiraError, maxPool, type PerAxis, perAxis, type SpatialRank } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { checkImages } from "./check-images.ts";
import type { Encoder } from "./encoder.ts";

/** Options of {@link uNetEncoder}. */
export interface UNetEncoderOptions {
  /** @defaultValue 3 */
  readonly spatialRank?: SpatialRank;
  /** Channels of the image. @defaultValue 1 */
  readonly inChannels?: number;
  /** Channels of the first convolution; each level ends with twice what it begins with. @defaultValue 32 */
  readonly width?: number;
  /** @defaultValue 4 */
  readonly levels?: number;
  /** Size of the convolutions, per axis; `[1, 3, 3]` for thick slices. @defaultValue 3 */
  readonly kernel?: PerAxis;
  /** Window and stride of the pooling between levels; `[1, 2, 2]` for thick slices. @defaultValue 2 */
  readonly pool?: PerAxis;
  /**
   * Whether levels keep only their inputs for the backward pass and compute the rest again there: less memory,
   * one further forward pass, the same result. @defaultValue false
   */
  readonly checkpoint?: boolean;
  /** Seeds the initial weights. @defaultValue `createRandom("u-net")` */
  readonly random?: Random;
}

/**
 * The contracting half of a U-Net, as Models Genesis and TransVW train it in 3D: at each level two 3×3 (×3)
 * convolutions with bias, batch norm and ReLU, the second doubling the channels; max pooling between
 * levels.
 *
 * Feature maps, before pooling (input 64×64×32): `down_tr64` 64 at 1/1, `down_tr128` at 1/2, `down_tr256` at 1/4,
 * `down_tr512` 512 at 1/8. Names are those of Models Genesis' weights
 * (`down_tr64.ops.0.conv1.weight`, `down_tr64.ops.0.bn1.running_mean`, …), which say the level's channels.
 * Weights start as PyTorch's default, biases (which batch norm cancels) at 0.
 *
 * @throws DiraError when there is no level; ShapeError when an input has other channels or an axis that the
 *   pooling does not divide.
 * @see Zhou et al. 2021, https://arxiv.org/abs/2004.07882; Haghighi et al. 2021,
 *   https://arxiv.org/abs/2102.10680; Çiçek et al. 2016, https://arxiv.org/abs/1606.06650
 */
export function uNetEncoder(options: UNetEncoderOptions = {}): Encoder {
  const { spatialRank = 3, inChannels = 1, width = 32, levels = 4 } = options;
  const random = options.random ?? createRandom("u-net");
  if (!(Number.isInteger(levels) && levels > 0)) {
    throw new DiraError(`uNetEncoder: \`levels\` must be a whole number above 0, got ${levels}.`);
  }
  const kernel = perAxis(options.kernel ?? 3, spatialRank, "uNetEncoder: kernel");
  const pool = perAxis(options.pool ?? 2, spatialRank, "uNetEncoder: pool");
  const stages = Array.from({ length: levels }, (_, level) => ({
    name: `down_tr${2 * width * 2 ** level}`,
    channels: 2 * width * 2 ** level,
    reduction: pool.map((size) => size ** level),
  }));
  const blocks = stages.map(({ name, channels }, level) =>
    levelOf({
      spatialRank,
      kernel,
      pool: level === 0 ? undefined : pool,
      channels: [level === 0 ? inChannels : channels / 2, channels / 2, channels],
      random: random.derive(name),
    }),
  );
  const runs = options.checkpoint === true ? blocks.map(checkpointed) : blocks;
  return {
    spatialRank,
    inChannels,
    stages,
    ...gather(Object.fromEntries(stages.map(({ name }, level) => [name, blocks[level] as Level]))),
    apply: (x, mode) => {
      const last = stages[stages.length - 1];
      checkImages("uNetEncoder", x, { spatialRank, inChannels, divisor: last?.reduction });
      const maps: Record<string, tf.Tensor> = {};
      stages.reduce((y, { name }, level) => {
        const map = (runs[level] as Level).apply(y, mode);
        maps[name] = map;
        return map;
      }, x as tf.Tensor);
      return maps;
    },
  };
}

type Level = Module<tf.Tensor, tf.Tensor>;

interface LevelOptions {
  readonly spatialRank: SpatialRank;
  readonly kernel: readonly number[];
  /** Before the convolutions. */
  readonly pool: readonly number[] | undefined;
  /** Before, between and after the two convolutions. */
  readonly channels: readonly number[];
  readonly random: Random;
}

/** Pooling, then two units of convolution, batch norm and ReLU. */
function levelOf({ spatialRank, kernel, pool, channels, random }: LevelOptions): Level {
  const units = channels.slice(1).map((outChannels, i) => {
    const from = channels[i] ?? 1;
    const conv1 = convolution({
      spatialRank,
      inChannels: from,
      outChannels,
      kernel,
      bias: true,
      init: torchDefault(kernel.reduce((a, b) => a * b, from)),
      random: random.derive("ops", i),
    });
    return { conv1, bn1: batchNorm({ channels: outChannels }) };
  });
  return {
    ...gather(Object.fromEntries(units.map((unit, i) => [`ops.${i}`, gather({ ...unit })]))),
    apply: (x, mode) =>
      tf.tidy(() =>
        units.reduce(
          (y, { conv1, bn1 }) => bn1.applyRelu(conv1.apply(y, mode), mode),
          pool === undefined ? x : maxPool(x, { size: pool }),
        ),
      ),
  };
}
