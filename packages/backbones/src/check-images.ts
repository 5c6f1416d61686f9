import { ShapeError, type SpatialRank, spatialShape } from "@dira/tensor";
import type * as tf from "@tensorflow/tfjs";

/** What an encoder takes. */
export interface ImageRule {
  readonly spatialRank: SpatialRank;
  readonly inChannels: number;
  /** What must divide each spatial axis. @defaultValue nothing */
  readonly divisor?: readonly number[] | undefined;
  /** Least size of each spatial axis. @defaultValue 1 */
  readonly least?: readonly number[] | undefined;
}

/** @throws ShapeError naming the function, when images are not what an encoder takes. */
export function checkImages(
  where: string,
  x: tf.Tensor,
  { spatialRank, inChannels, divisor, least = [] }: ImageRule,
): void {
  const got = `[${x.shape.join(", ")}]`;
  if (x.rank !== spatialRank + 2 || x.shape[x.rank - 1] !== inChannels) {
    const axes = spatialRank === 2 ? "N, H, W" : "N, D, H, W";
    throw new ShapeError(
      `${where}: expected [${axes}, ${inChannels}], got ${got}. Images of another number of channels need \`inChannels\`.`,
      `${axes}, ${inChannels}`,
      x.shape,
    );
  }
  const sizes = spatialShape(x);
  if (divisor?.some((d, axis) => (sizes[axis] ?? 0) % d !== 0) === true) {
    throw new ShapeError(
      `${where}: expected spatial sizes that are multiples of [${divisor.join(", ")}], got ${got}. Crop or pad the images, or pool less.`,
      divisor.join(", "),
      x.shape,
    );
  }
  if (least.some((size, axis) => (sizes[axis] ?? 0) < size)) {
    throw new ShapeError(
      `${where}: expected at least [${least.join(", ")}] along the spatial axes, got ${got}.`,
      `≥ ${least.join(", ")}`,
      x.shape,
    );
  }
}
