import { type Initializer, kaimingUniformFanIn, torchDefault, xavierUniform } from "@dira/nn";

/** Whose U-Net decoder it is. */
export type DecoderDesign = "smp" | "genesis";

/** How a decoder's maps are made larger. */
export type Upsampling = "nearest" | "transposed";

/** What differs between designs. */
export interface Design {
  readonly upsampling: Upsampling;
  /** Whether the blocks' convolutions have biases (which batch norm cancels). */
  readonly bias: boolean;
  /** Whether the last convolution is 1×1; else it is of the blocks' size. */
  readonly pointwiseHead: boolean;
  /** Of a convolution with so many inputs a value. */
  readonly init: (fanIn: number) => Initializer;
  readonly headInit: (fanIn: number) => Initializer;
  /** Channels of each block, from the coarsest; `skips` are those of the maps beside them. */
  readonly channels: (skips: readonly number[]) => readonly number[];
  /** Of a block, by its place and channels. */
  readonly block: (index: number, channels: number) => string;
  /** Of a block's parts. */
  readonly parts: Readonly<Record<"up" | "conv1" | "bn1" | "conv2" | "bn2", string>>;
  readonly head: string;
}

/** Structure, initial weights and names of each. */
export const designs: Readonly<Record<DecoderDesign, Design>> = {
  smp: {
    upsampling: "nearest",
    bias: false,
    pointwiseHead: false,
    init: () => kaimingUniformFanIn,
    headInit: () => xavierUniform,
    channels: () => [256, 128, 64, 32, 16],
    block: (index) => `decoder.blocks.${index}`,
    parts: { up: "up", conv1: "conv1.0", bn1: "conv1.1", conv2: "conv2.0", bn2: "conv2.1" },
    head: "segmentation_head.0",
  },
  genesis: {
    upsampling: "transposed",
    bias: true,
    pointwiseHead: true,
    init: torchDefault,
    headInit: torchDefault,
    channels: (skips) => skips,
    block: (_, channels) => `up_tr${channels}`,
    parts: {
      up: "up_conv",
      conv1: "ops.0.conv1",
      bn1: "ops.0.bn1",
      conv2: "ops.1.conv1",
      bn2: "ops.1.bn1",
    },
    head: "out_tr.final_conv",
  },
};
