import { DiraError } from "@dira/tensor";

/**
 * A value for each pixel or voxel, on the host: a mask, probabilities, or a heat map. `@dira/data`'s images
 * and masks are such.
 */
export interface VoxelMap {
  /** The last axis runs fastest. */
  readonly data: ArrayLike<number>;
  /** `[height, width]` or `[depth, height, width]`, of any rank. */
  readonly shape: readonly number[];
  /** Distance between voxels in mm along each axis of the shape, where known. */
  readonly spacing?: readonly number[];
}

/** How far apart neighbours along each axis lie in `data`. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
}

/** @throws DiraError when the shape does not fit the data, or a value is NaN. */
export function checkMap(where: string, { data, shape }: VoxelMap): void {
  const voxels = shape.reduce((a, b) => a * b, 1);
  if (shape.length === 0 || voxels === 0 || data.length !== voxels) {
    throw new DiraError(
      `${where}: expected as many values as a map of [${shape.join(", ")}] has voxels, got ${data.length}.`,
    );
  }
  for (let i = 0; i < voxels; i += 1) {
    if (Number.isNaN(data[i])) {
      throw new DiraError(
        `${where}: the value at [${indexAt(i, shape).join(", ")}] is NaN. Look for what made it.`,
      );
    }
  }
}

/** @throws DiraError when two maps are of different shapes. */
export function checkSameShape(where: string, a: VoxelMap, b: VoxelMap): void {
  if (a.shape.length === b.shape.length && a.shape.every((n, axis) => n === b.shape[axis])) return;
  throw new DiraError(
    `${where}: expected maps of one shape, got [${a.shape.join(", ")}] and [${b.shape.join(", ")}]. Resample one to the other first.`,
  );
}

/**
 * A map's spacing in mm, or 1 where it has none.
 *
 * @throws DiraError when it does not fit the shape, or is not above 0.
 */
export function spacingOf(where: string, { shape, spacing }: VoxelMap): readonly number[] {
  if (spacing === undefined) return shape.map(() => 1);
  if (spacing.length === shape.length && spacing.every((mm) => mm > 0 && mm < Infinity)) {
    return spacing;
  }
  throw new DiraError(
    `${where}: expected a spacing above 0 mm for each of ${shape.length} axes, got [${spacing.join(", ")}].`,
  );
}

/** Index per axis of a place in `data`. */
function indexAt(at: number, shape: readonly number[]): number[] {
  return stridesOf(shape).map((stride, axis) => Math.floor(at / stride) % (shape[axis] as number));
}

/**
 * 1 where the map reaches a threshold, else 0.
 *
 * @throws DiraError as {@link checkMap} does.
 */
export function atLeast(where: string, map: VoxelMap, threshold: number): Uint8Array {
  checkMap(where, map);
  const { data } = map;
  const reached = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 1) reached[i] = Number((data[i] as number) >= threshold);
  return reached;
}

/** A mask's values. @throws DiraError for one that is not 0 or 1, and as {@link checkMap} does. */
export function maskOf(where: string, mask: VoxelMap): Uint8Array {
  checkMap(where, mask);
  const { data, shape } = mask;
  for (let i = 0; i < data.length; i += 1) {
    if (data[i] === 0 || data[i] === 1) continue;
    throw new DiraError(
      `${where}: a mask holds 0 and 1, got ${data[i]} at [${indexAt(i, shape).join(", ")}]. Threshold it, or take one label of it.`,
    );
  }
  return new Uint8Array(data);
}
