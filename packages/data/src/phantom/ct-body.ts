import {
  cageAt,
  type CtAnatomy,
  diaphragmAt,
  heartDepth,
  liverDepth,
  lungDepth,
  rounded,
} from "./ct-anatomy.ts";
import { smooth } from "./curves.ts";
import { edgeOf, type Grid, shareInside, voxelsOf } from "./volume.ts";

/** Organs by voxel. */
export const ORGANS: readonly string[] = ["left lung", "right lung", "heart", "liver"];

/** A body in Hounsfield units before tubes are drawn in it, and its organs. */
export interface CtBody {
  readonly data: Float32Array;
  /** 0, or 1 + the number in {@link ORGANS}. */
  readonly organs: Uint8Array;
}

/** Hounsfield units of what has them the same in everyone. */
const HU = { air: -1000, fat: -105, muscle: 48, heart: 44, mediastinum: 8, spleen: 50, gas: -980 };

/** Fills in body wall, lungs, heart, liver, spleen and stomach. */
export function drawCtBody(grid: Grid, a: CtAnatomy): CtBody {
  const voxels = voxelsOf(grid);
  const body = { data: new Float32Array(voxels), organs: new Uint8Array(voxels) };
  for (let k = 0; k < grid.shape[0]; k += 1) {
    for (let j = 0; j < grid.shape[1]; j += 1) drawCtRow(body, grid, a, k, j);
  }
  return body;
}

function drawCtRow({ data, organs }: CtBody, grid: Grid, a: CtAnatomy, k: number, j: number): void {
  const [, height, width] = grid.shape;
  const z = grid.origin[2] + k * grid.spacing[0];
  const y = grid.origin[1] + j * grid.spacing[1];
  const edge = edgeOf(grid);
  const size = cageAt(a, z);
  const shoulders = smooth(40, 130, z);
  // Outlines of muscle and skin; above the chest the neck, between shoulders.
  const halfWidth = a.cage[0] + a.wall + 26 * shoulders;
  const halfDepth = (a.cage[1] + a.wall) * (1 - 0.3 * shoulders);
  const skin = 1 + a.fat / halfDepth;
  const step = grid.spacing[2];
  let x = grid.origin[0];
  for (let i = 0, at = (k * height + j) * width; i < width; i += 1, at += 1, x += step) {
    const r = rounded(x / halfWidth, y / halfDepth);
    const inBody = shareInside((skin - r) * halfDepth, edge);
    if (inBody === 0) {
      data[at] = HU.air;
      continue;
    }
    const muscle = shareInside((1 - r) * halfDepth, edge);
    let value = HU.fat + (HU.muscle - HU.fat) * muscle;
    if (muscle > 0 && size > 0) {
      const cage = shareInside(
        (1 - rounded(x / (a.cage[0] * size), y / (a.cage[1] * size))) * a.cage[1] * size,
        edge,
      );
      if (cage > 0) {
        const inside = insideOf(organs, at, a, edge, size, x, y, z);
        value += (inside - value) * cage;
      }
    }
    data[at] = HU.air + (value - HU.air) * inBody;
  }
}

/** Hounsfield units within the rib cage. */
function insideOf(
  organs: Uint8Array,
  at: number,
  a: CtAnatomy,
  edge: number,
  size: number,
  x: number,
  y: number,
  z: number,
): number {
  const below = diaphragmAt(a, x, y) - z;
  let value = below > 0 && size === 1 ? bellyOf(organs, at, a, edge, x, y, z) : HU.mediastinum;
  const heart = shareInside(heartDepth(a, x, y, z), edge);
  if (heart > 0) {
    value += (HU.heart + 0.6 * (a.blood - 42) - value) * heart;
    if (heart >= 0.5) organs[at] = 3;
  }
  const lung = shareInside(lungDepth(a, size, x, y, z), edge);
  if (lung >= 0.5) organs[at] = x > 0 ? 1 : 2;
  // Lung is denser where it lies on the back.
  return value + (a.lung + 0.35 * y - value) * lung;
}

function bellyOf(
  organs: Uint8Array,
  at: number,
  a: CtAnatomy,
  edge: number,
  x: number,
  y: number,
  z: number,
): number {
  const liver = shareInside(liverDepth(a, x, y, z), edge);
  if (liver >= 0.5) organs[at] = 4;
  if (liver === 1) return a.liver;
  let value = HU.fat + (a.liver - HU.fat) * liver;
  const base = a.domes[1] - 45;
  const spleen = 1 - Math.hypot((x - 82) / 26, (y - 38) / 38, (z - base) / 48);
  value +=
    (HU.spleen + 0.15 * (a.blood - 42) - value) * (1 - liver) * shareInside(26 * spleen, edge);
  const stomach = 1 - Math.hypot((x - 62) / 34, (y + 28) / 32, (z - base + 8) / 42);
  // Gas lies in front of fluid.
  const content = y < -34 ? HU.gas : 18;
  return value + (content - value) * (1 - liver) * shareInside(32 * stomach, edge);
}
