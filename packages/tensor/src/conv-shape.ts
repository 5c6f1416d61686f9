import type * as tf from "@tensorflow/tfjs";
import type { ConvOptions } from "./conv.ts";
import { DiraError, ShapeError } from "./errors.ts";
import { perAxis, spatialRankOf } from "./spatial.ts";

/** A convolution's options, one value per spatial axis. */
export interface ConvShape {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

/** Widens and checks the options of `conv` against its tensors. */
export function convShape(x: tf.Tensor, filter: tf.Tensor, options: ConvOptions): ConvShape {
  const rank = spatialRankOf(x, "conv");
  const groups = options.groups ?? 1;
  const shape: ConvShape = {
    kernel: filter.shape.slice(0, rank),
    stride: perAxis(options.stride ?? 1, rank, "conv: stride"),
    padding: perAxis(options.padding ?? 0, rank, "conv: padding"),
    dilation: perAxis(options.dilation ?? 1, rank, "conv: dilation"),
    groups,
  };
  const channels = x.shape[rank + 1] ?? 0;
  if (channels % groups !== 0 || (filter.shape[rank + 1] ?? 0) % groups !== 0) {
    throw new DiraError(
      `conv: \`groups\` must divide the channels, got ${groups} groups for an input of [${x.shape.join(", ")}] and a filter of [${filter.shape.join(", ")}].`,
    );
  }
  checkFilter(x, filter, channels / groups);
  checkSizes(x, shape);
  return shape;
}

function checkFilter(x: tf.Tensor, filter: tf.Tensor, channels: number): void {
  if (filter.rank === x.rank && filter.shape[x.rank - 2] === channels) return;
  throw new ShapeError(
    `conv: \`filter\` must be [${x.rank === 5 ? "kD, " : ""}kH, kW, ${channels}, C'] for an input of [${x.shape.join(", ")}], got [${filter.shape.join(", ")}].`,
    `… ${channels} C'`,
    filter.shape,
  );
}

function checkSizes(x: tf.Tensor, { kernel, padding, dilation }: ConvShape): void {
  kernel.forEach((k, axis) => {
    const size = (x.shape[axis + 1] ?? 0) + 2 * (padding[axis] ?? 0);
    const reach = (dilation[axis] ?? 1) * (k - 1) + 1;
    if (size < reach) {
      throw new ShapeError(
        `conv: the input [${x.shape.join(", ")}] is smaller (${size} after padding) than the kernel (${reach}) along spatial axis ${axis}. Use a larger input or fewer strided stages.`,
        `at least ${reach}`,
        x.shape,
      );
    }
  });
}
