import { DiraError } from "@dira/tensor";

/** `[start along each axis …, length along each axis …]`, in voxels, axes in the order of the shape: `@dira/data`'s. */
export type VoxelBox = readonly number[];

/** @throws DiraError when a box is not of a rank, or has a negative or NaN part. */
export function checkBox(where: string, box: VoxelBox, rank: number): void {
  const fits = box.length === 2 * rank && box.every(Number.isFinite);
  if (fits && box.slice(rank).every((length) => length > 0)) return;
  throw new DiraError(
    `${where}: expected a box of ${rank} starts and ${rank} lengths above 0, got [${box.join(", ")}].`,
  );
}

/** The number of voxels, or what there is of them. */
export function boxVolume(box: VoxelBox): number {
  return box.slice(box.length / 2).reduce((a, b) => a * b, 1);
}
