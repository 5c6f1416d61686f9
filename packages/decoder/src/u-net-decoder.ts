import { convolution, gather, type Mode, type Module } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import { checkpoint, DiraError, type PerAxis, perAxis, type SpatialRank } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { type DecoderBlock, decoderBlock, type DecoderBlockOptions } from "./decoder-block.ts";
import { type DecoderDesign, type Design, designs, type Upsampling } from "./designs.ts";

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
  /**
   * Whose structure, initial weights and names: segmentation_models_pytorch's (DiRA in 2D), or those of Models
   * Genesis and TransVW (DiRA in 3D), made for `uNetEncoder`. @defaultValue "smp"
   */
  readonly design?: DecoderDesign;
  /**
   * Channels of each block, from the coarsest. @defaultValue `[256, 128, 64, 32, 16]` (smp, DiRA); with
   * `"genesis"` those of the encoder's maps beside them
   */
  readonly channels?: readonly number[];
  /**
   * Size of the blocks' convolutions (in `"smp"` of the last as well), per axis; `[1, 3, 3]` for thick slices.
   * @defaultValue 3
   */
  readonly kernel?: PerAxis;
  /**
   * By repetition, or by a transposed convolution whose kernel is its stride.
   * @defaultValue `"nearest"`; with `"genesis"` `"transposed"`
   */
  readonly upsampling?: Upsampling;
  /** Channels of the restored image. @defaultValue 1 */
  readonly outChannels?: number;
  /** @defaultValue `"sigmoid"`, for targets in [0, 1] (DiRA) */
  readonly activation?: "sigmoid" | "identity";
  /**
   * Whether blocks keep only their inputs for the backward pass and compute the rest again there: less memory,
   * one further forward pass, the same result. @defaultValue false
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
 * Each block enlarges the map below, concatenates the encoder's map of that size, and runs two 3×3
 * convolutions with batch norm and ReLU. A convolution and the activation make the image.
 *
 * - `"smp"`: repetition, convolutions without bias, a 3×3 convolution at the end, named
 *   `decoder.blocks.0.conv1.0.weight`, `segmentation_head.0.bias` as in segmentation_models_pytorch's `Unet`.
 * - `"genesis"`: transposed convolutions, convolutions with bias, a 1×1 convolution at the end, named
 *   `up_tr256.up_conv.weight`, `up_tr256.ops.0.conv1.weight`, `out_tr.final_conv.bias` as in Models Genesis'
 *   weights. With `uNetEncoder()` it has the 19.07 million parameters of the publication's 3D U-Net.
 *
 * @throws DiraError when there is not one block per enlargement up to the input's size.
 * @see Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597; Zhou et al. 2021,
 *   https://arxiv.org/abs/2004.07882
 */
export function uNetDecoder(options: UNetDecoderOptions): Decoder {
  const { encoder, outChannels = 1, activation = "sigmoid" } = options;
  const { spatialRank } = encoder;
  const design = designs[options.design ?? "smp"];
  const random = options.random ?? createRandom("decoder");
  const steps = stepsOf(encoder);
  const channels =
    options.channels ?? design.channels(steps.map(({ skip }) => skip?.channels ?? 0));
  if (channels.length !== steps.length) {
    throw new DiraError(
      `uNetDecoder: expected ${steps.length} entries in \`channels\`, one per enlargement from the encoder's coarsest map (${encoder.stages.map((s) => s.name).join(", ")}) to the image, got [${channels.join(", ")}].`,
    );
  }
  const kernel = perAxis(options.kernel ?? 3, spatialRank, "uNetDecoder: kernel");
  const blocks = blocksOf(steps, channels, {
    spatialRank,
    kernel,
    design,
    upsampling: options.upsampling ?? design.upsampling,
    random,
  });
  const last = channels[channels.length - 1] ?? 0;
  const headKernel = design.pointwiseHead ? kernel.map(() => 1) : kernel;
  const head = convolution({
    spatialRank,
    inChannels: last,
    outChannels,
    kernel: headKernel,
    bias: true,
    init: design.headInit(headKernel.reduce((a, b) => a * b, last)),
    random: random.derive("head"),
  });
  const named = namedBlocks(blocks, design, channels);
  return {
    ...gather({ ...named, [design.head]: head }),
    apply: (maps, mode) =>
      tf.tidy(() => {
        let y = mapOf(maps, steps[0]?.coarse.name);
        for (const { block, skip } of blocks) {
          const beside = skip === undefined ? undefined : mapOf(maps, skip.name);
          const recompute = options.checkpoint === true && mode === "train";
          y = recompute ? checkpointed(block, y, beside) : block.apply(y, beside, mode);
        }
        const image = head.apply(y, mode);
        return activation === "sigmoid" ? tf.sigmoid(image) : image;
      }),
  };
}

/** A block and the encoder's map beside it. */
interface PlacedBlock {
  readonly block: DecoderBlock;
  readonly skip: Stage | undefined;
}

function blocksOf(
  steps: readonly Step[],
  channels: readonly number[],
  shared: Pick<DecoderBlockOptions, "spatialRank" | "kernel" | "design" | "upsampling" | "random">,
): PlacedBlock[] {
  return steps.map(({ coarse, skip, factor }, i) => ({
    skip,
    block: decoderBlock({
      ...shared,
      factor,
      below: i === 0 ? coarse.channels : (channels[i - 1] ?? 0),
      beside: skip?.channels ?? 0,
      outChannels: channels[i] ?? 0,
      random: shared.random.derive("blocks", i),
    }),
  }));
}

function namedBlocks(
  blocks: readonly PlacedBlock[],
  design: Design,
  channels: readonly number[],
): Record<string, DecoderBlock> {
  const names = channels.map((count, i) => design.block(i, count));
  if (new Set(names).size < names.length) {
    throw new DiraError(
      `uNetDecoder: with this design blocks are named by their channels, so these must differ, got [${channels.join(", ")}].`,
    );
  }
  return Object.fromEntries(blocks.map(({ block }, i) => [names[i], block]));
}

/** A block in training, of which only the inputs are kept. */
function checkpointed(
  block: DecoderBlock,
  below: tf.Tensor,
  beside: tf.Tensor | undefined,
): tf.Tensor {
  const mode: Mode = "train";
  return checkpoint(
    (again, skip) => block.apply(again as tf.Tensor, skip, mode),
    beside === undefined ? [below] : [below, beside],
    block,
  );
}

type Stage = DecodableEncoder["stages"][number];

/** One enlargement: from the coarser map, beside the finer one; the last may have none beside it. */
interface Step {
  readonly coarse: Stage;
  readonly skip: Stage | undefined;
  readonly factor: readonly number[];
}

/** From the encoder's coarsest map to the size of the image. */
function stepsOf({ stages }: DecodableEncoder): Step[] {
  return [...stages]
    .reverse()
    .map((coarse, i, coarsestFirst) => {
      const skip = coarsestFirst[i + 1];
      const factor = coarse.reduction.map((r, axis) => r / (skip?.reduction[axis] ?? 1));
      return { coarse, skip, factor };
    })
    .filter(({ skip, factor }) => skip !== undefined || factor.some((f) => f > 1));
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
