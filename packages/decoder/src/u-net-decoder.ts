import {
  batchNorm,
  convolution,
  gather,
  kaimingUniformFanIn,
  type Module,
  xavierUniform,
} from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import {
  checkpoint,
  DiraError,
  ShapeError,
  type SpatialRank,
  spatialShape,
  upsampleNearest,
} from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** What the decoder needs to know of an encoder; any encoder of these packages fits. */
export interface DecodableEncoder {
  readonly spatialRank: SpatialRank;
  /** From the finest to the coarsest. */
  readonly stages: readonly {
    readonly name: string;
    readonly channels: number;
    readonly reduction: readonly number[];
  }[];
}

/** Options of {@link uNetDecoder}. */
export interface UNetDecoderOptions {
  readonly encoder: DecodableEncoder;
  /** Channels of each block, from the coarsest. @defaultValue `[256, 128, 64, 32, 16]` (smp, DiRA) */
  readonly channels?: readonly number[];
  /** Channels of the restored image. @defaultValue 1 */
  readonly outChannels?: number;
  /** @defaultValue `"sigmoid"`, for targets in [0, 1] (DiRA) */
  readonly activation?: "sigmoid" | "identity";
  /**
   * Whether blocks keep only their inputs for the backward pass and compute the rest again there: less memory,
   * one further forward pass, the same result within rounding. @defaultValue false
   */
  readonly checkpoint?: boolean;
  /** Seeds the initial weights. @defaultValue `createRandom("decoder")` */
  readonly random?: Random;
}

/** From the encoder's feature maps by name to an image of the input's size. */
export type Decoder = Module<Readonly<Record<string, tf.Tensor>>, tf.Tensor>;

/**
 * The restorative U-Net decoder on an encoder's feature maps.
 *
 * Each block doubles the size by repetition, concatenates the encoder's map of that size, and runs two
 * 3×3 convolutions with batch norm and ReLU. A 3×3 convolution and the activation make the image.
 * Structure, initialisation and names (`decoder.blocks.0.conv1.0.weight`, `segmentation_head.0.bias`)
 * are those of segmentation_models_pytorch's `Unet`, which DiRA builds on.
 *
 * @throws DiraError when there is not one block per halving of the encoder.
 * @see Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597
 */
export function uNetDecoder(options: UNetDecoderOptions): Decoder {
  const { encoder, outChannels = 1, activation = "sigmoid" } = options;
  const { spatialRank, stages } = encoder;
  const channels = options.channels ?? [256, 128, 64, 32, 16];
  const random = options.random ?? createRandom("decoder");
  if (channels.length !== stages.length) {
    throw new DiraError(
      `uNetDecoder: expected ${stages.length} entries in \`channels\`, one per stage of the encoder (${stages.map((s) => s.name).join(", ")}), got [${channels.join(", ")}].`,
    );
  }
  const coarsestFirst = [...stages].reverse();
  const blocks = channels.map((blockChannels, i) => {
    const below = i === 0 ? (coarsestFirst[0]?.channels ?? 0) : (channels[i - 1] ?? 0);
    const skip = coarsestFirst[i + 1];
    const inChannels = below + (skip?.channels ?? 0);
    const block = decoderBlock(spatialRank, inChannels, blockChannels, random.derive("blocks", i));
    return { block, skip, factor: factorOf(coarsestFirst[i], skip) };
  });
  const head = convolution({
    spatialRank,
    inChannels: channels[channels.length - 1] ?? 0,
    outChannels,
    bias: true,
    init: xavierUniform,
    random: random.derive("head"),
  });
  const named = Object.fromEntries(blocks.map(({ block }, i) => [`decoder.blocks.${i}`, block]));
  return {
    ...gather({ ...named, "segmentation_head.0": head }),
    apply: (maps, mode) =>
      tf.tidy(() => {
        let y = mapOf(maps, coarsestFirst[0]?.name);
        for (const { block, skip, factor } of blocks) {
          const run = (below: tf.Tensor, beside?: tf.Tensor): tf.Tensor => {
            const up = upsampleNearest(below, factor);
            return block.apply(beside === undefined ? up : join(up, beside), mode);
          };
          const inputs = skip === undefined ? [y] : [y, mapOf(maps, skip.name)];
          y =
            options.checkpoint === true && mode === "train"
              ? checkpoint(run as (...inputs: tf.Tensor[]) => tf.Tensor, inputs, block)
              : run(...(inputs as [tf.Tensor, tf.Tensor?]));
        }
        const image = head.apply(y, mode);
        return activation === "sigmoid" ? tf.sigmoid(image) : image;
      }),
  };
}

type Stage = DecodableEncoder["stages"][number];

function factorOf(coarse: Stage | undefined, fine: Stage | undefined): number[] {
  return (coarse?.reduction ?? []).map(
    (reduction, axis) => reduction / (fine?.reduction[axis] ?? 1),
  );
}

function decoderBlock(
  spatialRank: SpatialRank,
  inChannels: number,
  outChannels: number,
  random: Random,
): Module<tf.Tensor, tf.Tensor> {
  const filter = (name: string, from: number): Module<tf.Tensor, tf.Tensor> =>
    convolution({
      spatialRank,
      inChannels: from,
      outChannels,
      init: kaimingUniformFanIn,
      random: random.derive(name),
    });
  const [conv1, conv2] = [filter("conv1", inChannels), filter("conv2", outChannels)];
  const [bn1, bn2] = [batchNorm({ channels: outChannels }), batchNorm({ channels: outChannels })];
  return {
    ...gather({ "conv1.0": conv1, "conv1.1": bn1, "conv2.0": conv2, "conv2.1": bn2 }),
    apply: (x, mode) =>
      tf.tidy(() => {
        const y = bn1.applyRelu(conv1.apply(x, mode), mode);
        return bn2.applyRelu(conv2.apply(y, mode), mode);
      }),
  };
}

function mapOf(maps: Readonly<Record<string, tf.Tensor>>, name: string | undefined): tf.Tensor {
  const map = name === undefined ? undefined : maps[name];
  if (map === undefined) {
    throw new DiraError(
      `uNetDecoder: expected a feature map \`${name}\`, got ${Object.keys(maps).join(", ")}. Was the decoder built for this encoder?`,
    );
  }
  return map;
}

function join(up: tf.Tensor, skip: tf.Tensor): tf.Tensor {
  if (spatialShape(up).join() !== spatialShape(skip).join()) {
    throw new ShapeError(
      `uNetDecoder: the upsampled map [${up.shape.join(", ")}] and the encoder's [${skip.shape.join(", ")}] differ in size. Every spatial axis of the input must be divisible by the encoder's coarsest reduction (32 for a ResNet).`,
      up.shape.join(" "),
      skip.shape,
    );
  }
  return tf.concat([up, skip], up.rank - 1);
}
