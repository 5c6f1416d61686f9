import { DiraError } from "@dira/tensor";
import { squaredDistances } from "../metrics/distance-transform.ts";
import {
  checkMap,
  checkSameShape,
  maskOf,
  stridesOf,
  type VoxelMap,
} from "../metrics/voxel-map.ts";
import { checkBox, type VoxelBox } from "./box.ts";
import { maximumOf } from "./heat-map-box.ts";

/** Options of {@link pointingGame}. */
export interface PointingGameOptions {
  /** How far from the region the maximum may lie, in voxels. @defaultValue 0; Zhang et al. allow 15 pixels */
  readonly tolerance?: number;
}

/**
 * The pointing game: whether a heat map's maximum lies within the true region, or nearer than the tolerance;
 * 1 for a hit, 0 for a miss. Where several voxels share the maximum, the share of them that hit (what a
 * random choice among them would get): a flat map scores the region's share of the image, as it should.
 *
 * The mean over images is the accuracy. In any rank.
 *
 * @param region - a box, or a mask of 0 and 1 of the map's shape; not empty.
 * @throws DiraError for NaN, shapes that differ, or an empty region.
 * @see Zhang et al. 2018, section 4.1, https://arxiv.org/abs/1608.00507
 */
export function pointingGame(
  map: VoxelMap,
  region: VoxelBox | VoxelMap,
  { tolerance = 0 }: PointingGameOptions = {},
): number {
  if (!(tolerance >= 0)) {
    throw new DiraError(
      `pointingGame: expected a tolerance of 0 voxels or more, got ${tolerance}.`,
    );
  }
  checkMap("pointingGame", map);
  const mask = regionMask("pointingGame", region, map);
  const ones = map.shape.map(() => 1);
  const near = tolerance === 0 ? undefined : squaredDistances(mask, map.shape, ones);
  const highest = maximumOf(map);
  let [maxima, hits] = [0, 0];
  for (let at = 0; at < mask.length; at += 1) {
    if (map.data[at] !== highest) continue;
    maxima += 1;
    if (near === undefined ? mask[at] === 1 : (near[at] as number) <= tolerance ** 2) hits += 1;
  }
  return hits / maxima;
}

/**
 * The energy-based pointing game: which share of a heat map's energy lies within the true region,
 * `Σ_{p ∈ R} max(0, Mₚ) / Σ_p max(0, Mₚ)`; in [0, 1]. Values below 0 speak against the class and count
 * as 0, as after Grad-CAM's ReLU. In any rank.
 *
 * @param region - a box, or a mask of 0 and 1 of the map's shape; not empty.
 * @returns undefined when no value is above 0.
 * @throws DiraError for NaN or infinite values, shapes that differ, or an empty region.
 * @see Wang et al. 2020 (Score-CAM), section 4.3, https://arxiv.org/abs/1910.01279
 */
export function energyPointingGame(map: VoxelMap, region: VoxelBox | VoxelMap): number | undefined {
  checkMap("energyPointingGame", map);
  const mask = regionMask("energyPointingGame", region, map);
  let [inside, all] = [0, 0];
  for (let at = 0; at < mask.length; at += 1) {
    const energy = Math.max(0, map.data[at] as number);
    all += energy;
    if (mask[at] === 1) inside += energy;
  }
  if (all === Infinity) throw new DiraError("energyPointingGame: the map's values are infinite.");
  return all === 0 ? undefined : inside / all;
}

/** A region as a mask of the map's shape; a box covers the voxels whose centres are in it. */
function regionMask(where: string, region: VoxelBox | VoxelMap, map: VoxelMap): Uint8Array {
  const mask = "data" in region ? sameShape(where, region, map) : boxMask(where, region, map.shape);
  if (mask.includes(1)) return mask;
  throw new DiraError(`${where}: the region covers no voxel of the map; leave the image out.`);
}

function sameShape(where: string, region: VoxelMap, map: VoxelMap): Uint8Array {
  checkSameShape(where, region, map);
  return maskOf(`${where}, region`, region);
}

function boxMask(where: string, box: VoxelBox, shape: readonly number[]): Uint8Array {
  const rank = shape.length;
  checkBox(where, box, rank);
  const strides = stridesOf(shape);
  const voxels = shape.reduce((a, b) => a * b, 1);
  return Uint8Array.from({ length: voxels }, (_, at) =>
    Number(
      strides.every((stride, axis) => {
        const centre = (Math.floor(at / stride) % (shape[axis] as number)) + 0.5;
        const start = box[axis] as number;
        return centre >= start && centre < start + (box[axis + rank] as number);
      }),
    ),
  );
}
