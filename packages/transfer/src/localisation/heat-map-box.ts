import { DiraError } from "@dira/tensor";
import { atLeast, checkMap, stridesOf, type VoxelMap } from "../metrics/voxel-map.ts";
import type { VoxelBox } from "./box.ts";
import { type ComponentOptions, connectedComponents } from "./connected-components.ts";

/** Options of {@link heatMapBox}. */
export interface HeatMapBoxOptions extends ComponentOptions {
  /** Share of the map's maximum from which on a voxel is hot, in (0, 1]. @defaultValue 0.2, as Zhou et al. */
  readonly share?: number;
}

/** Where a heat map is hot. */
export interface HeatMapBox {
  /** The bounding box of the mask. */
  readonly box: VoxelBox;
  /** 1 on the largest connected hot region, of equal ones the first. */
  readonly mask: Uint8Array;
}

/**
 * The box around what a heat map (of Grad-CAM, say) points at: the bounding box of the largest connected
 * component of the voxels that reach a share of the maximum. In any rank.
 *
 * @returns undefined when no value is above 0: the map points at nothing.
 * @throws DiraError for NaN or an infinite maximum, a shape that does not fit, or a share outside (0, 1].
 * @see Zhou et al. 2016, section 3.2, https://arxiv.org/abs/1512.04150
 */
export function heatMapBox(map: VoxelMap, options: HeatMapBoxOptions = {}): HeatMapBox | undefined {
  const { share = 0.2, ...connectivity } = options;
  if (!(share > 0 && share <= 1)) {
    throw new DiraError(`heatMapBox: expected a share in (0, 1], got ${share}.`);
  }
  checkMap("heatMapBox", map);
  const highest = maximumOf(map);
  if (highest === Infinity) throw new DiraError("heatMapBox: the map's maximum is infinite.");
  if (highest <= 0) return undefined;
  const hot = atLeast("heatMapBox", map, share * highest);
  const { labels, sizes } = connectedComponents({ ...map, data: hot }, connectivity);
  const largest = 1 + sizes.reduce((best, size, i) => (size > (sizes[best] ?? 0) ? i : best), 0);
  const mask = Uint8Array.from(labels, (label) => Number(label === largest));
  return { box: boundingBox(mask, map.shape), mask };
}

/** The highest value. */
export function maximumOf({ data }: VoxelMap): number {
  let highest = -Infinity;
  for (let i = 0; i < data.length; i += 1) highest = Math.max(highest, data[i] as number);
  return highest;
}

function boundingBox(mask: Uint8Array, shape: readonly number[]): VoxelBox {
  const low = shape.map(() => Infinity);
  const high = shape.map(() => 0);
  const strides = stridesOf(shape);
  for (let at = mask.indexOf(1); at !== -1; at = mask.indexOf(1, at + 1)) {
    strides.forEach((stride, axis) => {
      const index = Math.floor(at / stride) % (shape[axis] as number);
      low[axis] = Math.min(low[axis] as number, index);
      high[axis] = Math.max(high[axis] as number, index);
    });
  }
  return [...low, ...high.map((h, axis) => h - (low[axis] as number) + 1)];
}
