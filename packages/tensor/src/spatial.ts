import type * as tf from "@tensorflow/tfjs";
import { DiraError, ShapeError } from "./errors.ts";

/** The number of spatial axes: 2 for images `[N, H, W, C]`, 3 for volumes `[N, D, H, W, C]`. */
export type SpatialRank = 2 | 3;

/** One value for all spatial axes, or one for each, in the order of the layout (`[D, H, W]`). */
export type PerAxis = number | readonly number[];

/** A batch of images or volumes, channels last. */
export type FeatureMap = tf.Tensor4D | tf.Tensor5D;

/**
 * Widens a per-axis option to one value per spatial axis.
 *
 * @throws DiraError when the list has another length than the rank.
 */
export function perAxis(value: PerAxis, rank: SpatialRank, name = "value"): number[] {
  if (typeof value === "number") return new Array<number>(rank).fill(value);
  if (value.length !== rank) {
    throw new DiraError(
      `${name}: expected one number or ${rank} (one per spatial axis), got [${value.join(", ")}].`,
    );
  }
  return [...value];
}

/**
 * The spatial rank of a channels-last batch.
 *
 * @throws ShapeError when the tensor has neither 4 nor 5 axes.
 */
export function spatialRankOf(x: tf.Tensor, where: string): SpatialRank {
  if (x.rank === 4) return 2;
  if (x.rank === 5) return 3;
  throw new ShapeError(
    `${where}: expected [N, H, W, C] or [N, D, H, W, C], got [${x.shape.join(", ")}]. Add the batch axis with tf.expandDims.`,
    "N … C",
    x.shape,
  );
}

/** The spatial sizes of a channels-last batch: `[H, W]` or `[D, H, W]`. */
export function spatialShape(x: tf.Tensor): number[] {
  return x.shape.slice(1, -1);
}

/** The spatial axes of a channels-last batch: `[1, 2]` or `[1, 2, 3]`. */
export function spatialAxes(x: tf.Tensor): number[] {
  return x.shape.slice(1, -1).map((_, axis) => axis + 1);
}
