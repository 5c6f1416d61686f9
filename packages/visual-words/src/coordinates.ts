import { DiraError } from "@dira/augmentations";
import type { Random } from "@dira/random";
import { checkFits } from "./box.ts";

/** How far from the ends of each axis words are looked for. */
export interface BorderOptions {
  /**
   * Voxels at each end of each axis, at most.
   *
   * @defaultValue `[30, 100, 100]` (TransVW's released self-discovery), the last axes of it for images
   */
  readonly voxels?: readonly number[];
  /**
   * The same as a share of the side; the smaller one counts, so that small volumes keep most of theirs.
   *
   * @defaultValue `[30/300, 100/512, 100/512]`: what those voxels are of a usual chest CT
   */
  readonly share?: readonly number[];
}

/** Options of {@link drawCoordinate}. */
export interface CoordinateOptions {
  /** Voxels of the volume. */
  readonly shape: readonly number[];
  /** Voxels of the cube about the coordinate, which is to lie in the volume. */
  readonly cube: readonly number[];
  readonly border?: BorderOptions;
  /** Coordinates, in voxels of this volume, that words have already. @defaultValue none */
  readonly taken?: readonly (readonly number[])[];
  /** Least distance to each of them, in voxels (Euclidean). @defaultValue 5 (TransVW) */
  readonly spacing?: number;
  /** Whether what lies there may be a word, e.g. holds enough tissue. @defaultValue always */
  readonly accept?: (coordinate: readonly number[]) => boolean;
  /** Draws until it gives up. @defaultValue 1000 */
  readonly tries?: number;
}

const VOXELS = [30, 100, 100];
const SHARE = [30 / 300, 100 / 512, 100 / 512];

/**
 * Per axis, the first and the last voxel at which a word may be centred. A cube about each lies in the
 * volume; of the border, `min(voxels, ⌊share · side⌋)`, there is as much as that leaves room for.
 *
 * @throws DiraError when the cube does not fit, or a share is not in [0, 0.5).
 */
export function coordinateRange(
  shape: readonly number[],
  cube: readonly number[],
  border: BorderOptions = {},
): [first: number, last: number][] {
  checkFits("coordinateRange", cube, shape);
  const rank = shape.length;
  const { voxels = VOXELS.slice(-rank), share = SHARE.slice(-rank) } = border;
  if (!share.every((s) => s >= 0 && s < 0.5) || !voxels.every((v) => v >= 0)) {
    throw new DiraError(
      `coordinateRange: expected border voxels of at least 0 and shares in [0, 0.5), got [${voxels.join(", ")}] and [${share.join(", ")}].`,
    );
  }
  return shape.map((side, axis) => {
    const n = cube[axis] as number;
    const fit = [Math.floor(n / 2), side - Math.ceil(n / 2)] as const;
    const wanted = Math.min(voxels[axis] ?? Infinity, Math.floor((share[axis] ?? 0) * side));
    const within = (at: number): number => Math.max(fit[0], Math.min(fit[1], at));
    return [within(wanted), within(side - wanted)];
  });
}

/**
 * Draws where a word is: a voxel within the borders, at least `spacing` from those that are taken, that
 * is accepted.
 *
 * @returns undefined when no draw was.
 * @throws DiraError as {@link coordinateRange} does.
 * @see Haghighi et al. 2021, section III-A, https://arxiv.org/abs/2102.10680
 */
export function drawCoordinate(options: CoordinateOptions, random: Random): number[] | undefined {
  const { shape, cube, border, taken = [], spacing = 5, accept, tries = 1000 } = options;
  const range = coordinateRange(shape, cube, border);
  for (let draw = 0; draw < tries; draw += 1) {
    const place = range.map(([first, last]) => random.integer(first, last + 1));
    const apart = taken.every((other) => distance(place, other) >= spacing);
    if (apart && accept?.(place) !== false) return place;
  }
  return undefined;
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, axis) => value - (b[axis] as number)));
}
