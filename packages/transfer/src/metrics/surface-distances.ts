import { DiraError } from "@dira/tensor";
import { quantile } from "../statistics/quantile.ts";
import { squaredDistances } from "./distance-transform.ts";
import { checkSameShape, maskOf, spacingOf, stridesOf, type VoxelMap } from "./voxel-map.ts";

/** Options of {@link surfaceDistances}. */
export interface SurfaceDistanceOptions {
  /** mm per axis of the shape. @defaultValue the masks' own, else 1: distances are then in voxels */
  readonly spacing?: readonly number[];
  /**
   * The distance to count when just one mask is empty, in mm: Infinity as MONAI does, or the image's
   * diagonal. Left out, the distances are undefined, and a mean over the others flatters a model that misses.
   */
  readonly oneEmpty?: number;
  /** The distance when both masks are empty: 0 as BraTS counts it. Left out, undefined; MONAI gives NaN. */
  readonly bothEmpty?: number;
}

/** How far the surfaces of two masks lie apart; in mm. */
export interface SurfaceDistances {
  /** The largest distance from either surface to the other. */
  readonly hausdorff: number | undefined;
  /** The larger of the two directions' 95th percentiles (linear interpolation). */
  readonly hausdorff95: number | undefined;
  /** Mean over the voxels of both surfaces: average symmetric surface distance. */
  readonly average: number | undefined;
  /** Of each voxel on the prediction's surface, to the truth's; from the smallest. */
  readonly fromPrediction: Float64Array;
  /** Of each voxel on the truth's surface, to the prediction's; from the smallest. */
  readonly fromTruth: Float64Array;
}

/**
 * Hausdorff distance, its 95th percentile, and average symmetric surface distance, by MONAI's definition:
 * the surface is the voxels that a mask loses by erosion with its face neighbours (4 in 2D, 6 in 3D; beyond
 * the image is background), and distances run between voxel centres. With `d(a, B) = min_{b ∈ B} ‖a − b‖`,
 *
 * `HD = max(max_a d(a, B), max_b d(b, A))`, `HD95 = max(P₉₅ d(a, B), P₉₅ d(b, A))`,
 * `ASSD = (Σ_a d(a, B) + Σ_b d(b, A)) / (|A| + |B|)`.
 *
 * Symmetric; 0 for equal masks. As `monai.metrics.compute_hausdorff_distance(percentile=…)` and
 * `compute_average_surface_distance(symmetric=True)` of MONAI 1.3 and later (before, the latter was the
 * mean of the two directions' means). Other tools weight surface elements by area (DeepMind's) or take the
 * percentile over both directions together (medpy), so compare figures only within one definition.
 *
 * @param prediction - a mask of 0 and 1. @param truth - one of the same shape; any rank.
 * @returns three undefined distances, or what the options say, when a mask is empty.
 * @throws DiraError for values other than 0 and 1, other shapes, or spacings that differ or make no sense.
 * @see Taha and Hanbury 2015, https://doi.org/10.1186/s12880-015-0068-x
 */
export function surfaceDistances(
  prediction: VoxelMap,
  truth: VoxelMap,
  options: SurfaceDistanceOptions = {},
): SurfaceDistances {
  const where = "surfaceDistances";
  checkSameShape(where, prediction, truth);
  const spacing = commonSpacing(where, prediction, truth, options.spacing);
  const masks = [maskOf(`${where}, prediction`, prediction), maskOf(`${where}, truth`, truth)];
  const empty = masks.filter((mask) => !mask.includes(1)).length;
  if (empty > 0) {
    const value = empty === 2 ? options.bothEmpty : options.oneEmpty;
    const none = new Float64Array(0);
    return { hausdorff: value, hausdorff95: value, average: value, fromPrediction: none, fromTruth: none }; // prettier-ignore
  }
  const { cropped, shape } = cropToForeground(masks, truth.shape);
  const [a, b] = cropped.map((mask) => surfaceOf(mask, shape)) as [Uint8Array, Uint8Array];
  const fromPrediction = distancesAt(a, squaredDistances(b, shape, spacing));
  const fromTruth = distancesAt(b, squaredDistances(a, shape, spacing));
  const larger = (q: number): number =>
    Math.max(quantile(fromPrediction, q), quantile(fromTruth, q));
  const sum = [...fromPrediction, ...fromTruth].reduce((x, y) => x + y);
  const average = sum / (fromPrediction.length + fromTruth.length);
  return { hausdorff: larger(1), hausdorff95: larger(0.95), average, fromPrediction, fromTruth };
}

/**
 * The voxels of a mask of which a face neighbour, or a face itself, lies outside it, as
 * `mask ^ scipy.ndimage.binary_erosion(mask)`.
 */
export function surfaceOf(mask: Uint8Array, shape: readonly number[]): Uint8Array {
  const strides = stridesOf(shape);
  return mask.map((value, at) => {
    if (value === 0) return 0;
    for (let axis = 0; axis < shape.length; axis += 1) {
      const [stride, length] = [strides[axis] as number, shape[axis] as number];
      const index = Math.floor(at / stride) % length;
      if (index === 0 || index === length - 1) return 1;
      if (mask[at - stride] === 0 || mask[at + stride] === 0) return 1;
    }
    return 0;
  });
}

/** Sorted distances, in mm, at the voxels of a surface. */
function distancesAt(surface: Uint8Array, squared: Float64Array): Float64Array {
  const found: number[] = [];
  surface.forEach((value, at) => {
    if (value === 1) found.push(Math.sqrt(squared[at] as number));
  });
  return Float64Array.from(found).sort();
}

/** Both masks within the bounding box of their union: nothing beyond it has any part in the result. */
function cropToForeground(
  masks: readonly Uint8Array[],
  full: readonly number[],
): { cropped: Uint8Array[]; shape: number[] } {
  const strides = stridesOf(full);
  const low = full.map(() => Infinity);
  const high = full.map(() => 0);
  for (const mask of masks) {
    for (let at = mask.indexOf(1); at !== -1; at = mask.indexOf(1, at + 1)) {
      for (let axis = 0; axis < full.length; axis += 1) {
        const index = Math.floor(at / (strides[axis] as number)) % (full[axis] as number);
        if (index < (low[axis] as number)) low[axis] = index;
        if (index > (high[axis] as number)) high[axis] = index;
      }
    }
  }
  const shape = high.map((h, axis) => h - (low[axis] as number) + 1);
  const inner = stridesOf(shape);
  const from = (at: number): number =>
    inner.reduce((sum, stride, axis) => {
      const index = Math.floor(at / stride) % (shape[axis] as number);
      return sum + (index + (low[axis] as number)) * (strides[axis] as number);
    }, 0);
  const size = shape.reduce((x, y) => x * y, 1);
  return {
    cropped: masks.map((mask) => Uint8Array.from({ length: size }, (_, at) => mask[from(at)] ?? 0)),
    shape,
  };
}

/** @throws DiraError when the masks' own spacings differ, and none is given. */
function commonSpacing(
  where: string,
  prediction: VoxelMap,
  truth: VoxelMap,
  given: readonly number[] | undefined,
): readonly number[] {
  const { shape } = truth;
  if (given !== undefined) return spacingOf(where, { ...truth, spacing: given });
  if (truth.spacing === undefined) return spacingOf(where, prediction);
  const spacing = spacingOf(where, truth);
  const other = prediction.spacing === undefined ? spacing : spacingOf(where, prediction);
  const alike = shape.every((_, a) => Math.abs((other[a] ?? 0) / (spacing[a] ?? 0) - 1) < 1e-4);
  if (alike) return spacing;
  throw new DiraError(
    `${where}: the masks' spacings differ, [${other.join(", ")}] and [${spacing.join(", ")}] mm. Resample one, or give \`spacing\`.`,
  );
}
