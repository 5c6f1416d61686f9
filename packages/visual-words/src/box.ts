import { DiraError } from "@dira/augmentations";

/** A box of voxels: the first one and the sides, per axis of the shape. */
export interface VoxelBox {
  readonly start: readonly number[];
  readonly size: readonly number[];
}

/**
 * The box of a size about a voxel, whose index in it is `⌊size/2⌋`, moved just so far that it lies within
 * the volume.
 *
 * @throws DiraError when the volume is smaller than the box.
 */
export function boxAround(
  center: readonly number[],
  size: readonly number[],
  shape: readonly number[],
): VoxelBox {
  checkFits("boxAround", size, shape);
  const start = size.map((side, axis) => {
    const first = Math.round(center[axis] as number) - Math.floor(side / 2);
    return Math.max(0, Math.min((shape[axis] as number) - side, first));
  });
  return { start, size: [...size] };
}

/**
 * The voxel of a volume that lies where a voxel of another one does, as a share of the sides:
 * `(c + ½) · to / from − ½`, rounded. In volumes of one shape it is the same voxel, as in TransVW.
 */
export function placeIn(
  coordinate: readonly number[],
  from: readonly number[],
  to: readonly number[],
): number[] {
  return coordinate.map((c, axis) => {
    const [a, b] = [from[axis] as number, to[axis] as number];
    return Math.max(0, Math.min(b - 1, Math.round(((c + 0.5) * b) / a - 0.5)));
  });
}

/** @throws DiraError when a volume is smaller than a cube, or of another rank. */
export function checkFits(where: string, size: readonly number[], shape: readonly number[]): void {
  const fits = size.length === shape.length && size.every((n, axis) => n <= (shape[axis] ?? 0));
  if (fits) return;
  throw new DiraError(
    `${where}: a cube of [${size.join(", ")}] does not fit into a volume of [${shape.join(", ")}] voxels. Choose a smaller cube, or leave the volume out.`,
  );
}
