import { cropResize, DiraError, type Pixels, type Raster } from "@dira/augmentations";
import type { VoxelBox } from "./box.ts";
import { visitRows } from "./rows.ts";
import { checkInside } from "./tissue.ts";

/** Hounsfield units that become 0 and 1; what lies beyond is cut. */
export type HuWindow = readonly [low: number, high: number];

/** TransVW's. */
export const HU_WINDOW: HuWindow = [-1000, 1000];

/**
 * Cuts a box out of a volume, brings its values into [0, 1] by `(v − low) / (high − low)`, cut at both
 * ends, and resizes it to the cube's size where it has another one: linearly along each axis, with the
 * filter widened where voxels become fewer (Pillow's bilinear).
 *
 * What is no number (NaN), as outside a scanner's field of view, becomes 0 (air).
 *
 * @throws DiraError for a box that is not in the volume, or a window that is not one.
 */
export function cutCube(
  volume: Raster<Pixels>,
  box: VoxelBox,
  cube: readonly number[] = box.size,
  window: HuWindow = HU_WINDOW,
): Raster {
  checkInside("cutCube", volume, box);
  const [low, high] = window;
  if (!(high > low && Number.isFinite(high - low))) {
    throw new DiraError(`cutCube: expected a window [low, high], got [${low}, ${high}].`);
  }
  const data = new Float32Array(box.size.reduce((a, b) => a * b, 1));
  let to = 0;
  visitRows(volume.shape, box, (from, length) => {
    for (let i = from; i < from + length; i += 1, to += 1) {
      const value = ((volume.data[i] as number) - low) / (high - low);
      // False for NaN too.
      data[to] = value > 0 ? Math.min(1, value) : 0;
    }
  });
  const cut: Raster = { data, shape: [...box.size] };
  if (cube.every((n, axis) => n === box.size[axis])) return cut;
  return cropResize(cut, [...box.size.map(() => 0), ...box.size], cube);
}
