import {
  batchNorm,
  type Convolution,
  convolution,
  gather,
  type Mode,
  type Module,
  transposedConvolution,
  type Variables,
} from "@dira/nn";
import type { Random } from "@dira/random";
import {
  type CheapInput,
  concatChannels,
  ShapeError,
  type SpatialRank,
  spatialShape,
  upsampleNearest,
} from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import type { Design, Upsampling } from "./designs.ts";

/** What a block is made of. */
export interface DecoderBlockOptions {
  readonly spatialRank: SpatialRank;
  readonly design: Design;
  readonly upsampling: Upsampling;
  /** Size of the convolutions, per axis. */
  readonly kernel: readonly number[];
  /** By how much it enlarges the map below, per axis. */
  readonly factor: readonly number[];
  /** Channels of the map below and of the one beside (0: there is none). */
  readonly below: number;
  readonly beside: number;
  readonly outChannels: number;
  readonly random: Random;
}

/** Enlarges the map below, joins the encoder's map of that size, and runs two convolutions. */
export interface DecoderBlock {
  readonly parameters: Variables;
  readonly buffers: Variables;
  apply(below: tf.Tensor, beside: tf.Tensor | undefined, mode: Mode): tf.Tensor;
}

/** Upsampling, concatenation, and two units of 3×3 convolution, batch norm and ReLU. */
export function decoderBlock(options: DecoderBlockOptions): DecoderBlock {
  const { spatialRank, design, kernel, below, beside, outChannels, random } = options;
  const { parts, bias } = design;
  const filter = (name: string, inChannels: number): Convolution =>
    convolution({
      spatialRank,
      inChannels,
      outChannels,
      kernel,
      bias,
      init: design.init(kernel.reduce((a, b) => a * b, inChannels)),
      random: random.derive(name),
    });
  const [conv1, conv2] = [filter("conv1", below + beside), filter("conv2", outChannels)];
  const [bn1, bn2] = [batchNorm({ channels: outChannels }), batchNorm({ channels: outChannels })];
  const up = options.upsampling === "transposed" ? transposed(options) : undefined;
  return {
    ...gather({
      ...(up === undefined ? {} : { [parts.up]: up }),
      [parts.conv1]: conv1,
      [parts.bn1]: bn1,
      [parts.conv2]: conv2,
      [parts.bn2]: bn2,
    }),
    apply: (below, beside, mode) =>
      tf.tidy(() => {
        // The maps are kept anyway: by the layers that made them.
        const inputs = [up === undefined ? below : up.apply(below, mode)];
        const make = (map: tf.Tensor, skip?: tf.Tensor): tf.Tensor => {
          const above = up === undefined ? upsampleNearest(map, options.factor) : map;
          return skip === undefined ? above : join(above, skip);
        };
        const joined = {
          make: make as CheapInput["make"],
          inputs: beside === undefined ? inputs : [...inputs, beside],
        };
        const y = bn1.applyRelu(conv1.applyOf(joined), mode);
        return bn2.applyRelu(conv2.apply(y, mode), mode);
      }),
  };
}

function transposed(options: DecoderBlockOptions): Module<tf.Tensor, tf.Tensor> {
  const { spatialRank, design, below, factor } = options;
  return transposedConvolution({
    spatialRank,
    inChannels: below,
    outChannels: below,
    kernel: factor,
    stride: factor,
    init: design.init(below * factor.reduce((a, b) => a * b, 1)),
    random: options.random.derive("up"),
  });
}

function join(above: tf.Tensor, beside: tf.Tensor): tf.Tensor {
  if (spatialShape(above).join() !== spatialShape(beside).join()) {
    throw new ShapeError(
      `uNetDecoder: the upsampled map [${above.shape.join(", ")}] and the encoder's [${beside.shape.join(", ")}] differ in size. Every spatial axis of the input must be divisible by the encoder's coarsest reduction (32 for a ResNet).`,
      above.shape.join(" "),
      beside.shape,
    );
  }
  return concatChannels([above, beside]);
}
