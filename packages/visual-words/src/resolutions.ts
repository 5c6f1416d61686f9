import { DiraError } from "@dira/augmentations";
import type { Random } from "@dira/random";
import { boxAround, type VoxelBox } from "./box.ts";

/** Options of {@link resolutionBoxes}. */
export interface ResolutionOptions {
  /** Voxels of the cubes. */
  readonly cube: readonly number[];
  /** Boxes in all: the cube itself, and others about it. @defaultValue 3 (TransVW) */
  readonly count?: number;
  /** In-plane sides of the others, as a share of the cube's. @defaultValue 50/64 to 79/64 (TransVW) */
  readonly scale?: readonly [low: number, high: number];
  /** How far their centre moves in-plane, at most, as a share of the cube's side. @defaultValue 10/64 (TransVW) */
  readonly jitter?: number;
}

/**
 * The boxes in which one word is seen at several resolutions: the cube about the coordinate, then boxes
 * of other in-plane sides (the last two axes; one factor for both), a little off it. Each lies in the
 * volume: sides are at most its, and boxes move in from the edge. {@link cutCube} makes them one size.
 *
 * @throws DiraError when the cube does not fit into the volume, or options are out of range.
 * @see Haghighi et al. 2021, https://arxiv.org/abs/2102.10680
 */
export function resolutionBoxes(
  center: readonly number[],
  shape: readonly number[],
  options: ResolutionOptions,
  random: Random,
): VoxelBox[] {
  const { cube, count = 3, scale = [50 / 64, 79 / 64], jitter = 10 / 64 } = options;
  const [low, high] = scale;
  if (!(Number.isInteger(count) && count > 0 && low > 0 && high >= low && jitter >= 0)) {
    throw new DiraError(
      `resolutionBoxes: expected at least one box, a scale [low, high] above 0 and a jitter of at least 0, got ${count}, [${low}, ${high}] and ${jitter}.`,
    );
  }
  const inPlane = (axis: number): boolean => axis >= cube.length - 2;
  const others = Array.from({ length: count - 1 }, (_, i) => {
    const stream = random.derive("resolution", i);
    const factor = stream.uniform(low, high);
    const sides = cube.map((side, axis) =>
      inPlane(axis)
        ? Math.max(1, Math.min(shape[axis] as number, Math.round(side * factor)))
        : side,
    );
    const moved = center.map((c, axis) => {
      const most = inPlane(axis) ? Math.round((cube[axis] as number) * jitter) : 0;
      return c + stream.integer(-most, most + 1);
    });
    return boxAround(moved, sides, shape);
  });
  return [boxAround(center, cube, shape), ...others];
}
