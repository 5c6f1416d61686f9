import { DiraError, type Pixels, type Raster } from "@dira/augmentations";
import type { VoxelBox } from "./box.ts";
import { visitRows } from "./rows.ts";

/**
 * The share of a box's voxels of at least `threshold`, by which words are kept: those of lung, at most 0.15 from
 * −150 HU on, in the released code of Models Genesis and TransVW (which counts by half what is tissue in the next
 * slice only). What is no number (NaN) counts as air.
 *
 * @param threshold - in the volume's own values. @defaultValue -150
 * @throws DiraError for a box that is not in the volume.
 */
export function tissueShare(volume: Raster<Pixels>, box: VoxelBox, threshold = -150): number {
  checkInside("tissueShare", volume, box);
  let count = 0;
  visitRows(volume.shape, box, (from, length) => {
    for (let i = from; i < from + length; i += 1) {
      if ((volume.data[i] as number) >= threshold) count += 1;
    }
  });
  return count / box.size.reduce((a, b) => a * b, 1);
}

/** @throws DiraError for a box that is not in the volume. */
export function checkInside(where: string, { shape }: Raster<Pixels>, box: VoxelBox): void {
  const { start, size } = box;
  const inside = shape.every((side, axis) => {
    const [first, n] = [start[axis] ?? NaN, size[axis] ?? NaN];
    return Number.isInteger(first) && first >= 0 && n > 0 && first + n <= side;
  });
  if (inside && size.length === shape.length) return;
  throw new DiraError(
    `${where}: the box of [${size.join(", ")}] from [${start.join(", ")}] is not in the volume of [${shape.join(", ")}] voxels. Make it by boxAround.`,
  );
}
