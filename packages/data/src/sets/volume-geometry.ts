import type { Pixels, Raster } from "@dira/augmentations";
import { indexToWorld } from "../formats/geometry.ts";
import { emptyLike } from "../formats/shared-memory.ts";

/** Of {@link cropCube}. */
export interface CubeOptions {
  /** Voxels of the cube, axes in the order of the array. @defaultValue [32, 64, 64], as DiRA's */
  readonly shape?: readonly number[];
  /** mm per voxel of the cube, or "stored" for the voxels as they are. @defaultValue "stored" */
  readonly spacing?: readonly number[] | "stored";
}

/** DiRA's cubes are 64 × 64 × 32. */
const CUBE: readonly number[] = [32, 64, 64];

/**
 * Cuts a cube about a voxel (not whole), between voxels linearly where it is resampled. What lies
 * outside the volume has the value of the nearest voxel.
 *
 * @returns memory that workers share, of the volume's type.
 */
export function cropCube<Data extends Pixels>(
  volume: Raster<Data>,
  center: readonly number[],
  options: CubeOptions = {},
): Raster<Data> {
  const { shape = CUBE, spacing = "stored" } = options;
  const stored = volume.spacing ?? volume.shape.map(() => 1);
  const wanted = spacing === "stored" ? stored : spacing;
  const steps = wanted.map((mm, axis) => mm / (stored[axis] as number));
  const whole = steps.every((step) => step === 1);
  const start = shape.map((n, axis) => {
    const from = (center[axis] as number) - ((n - 1) / 2) * (steps[axis] as number);
    return whole ? Math.round(from) : from;
  });
  const data = sample(volume, start, steps, shape);
  const { origin, direction } = volume;
  return {
    data,
    shape,
    spacing: wanted,
    ...(origin && { origin: indexToWorld(volume, start) }),
    ...(direction && { direction }),
  };
}

/** The two voxels of an axis that each of the cube's lies between, and the share of the second. */
function neighbours(
  start: number,
  step: number,
  count: number,
  length: number,
): { low: Int32Array; high: Int32Array; share: Float64Array } {
  const [low, high] = [new Int32Array(count), new Int32Array(count)];
  const share = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    const place = Math.min(length - 1, Math.max(0, start + i * step));
    low[i] = Math.floor(place);
    high[i] = Math.min(length - 1, Math.floor(place) + 1);
    share[i] = place - Math.floor(place);
  }
  return { low, high, share };
}

function sample<Data extends Pixels>(
  { data, shape }: Raster<Data>,
  start: readonly number[],
  steps: readonly number[],
  count: readonly number[],
): Data {
  const [, height, width] = shape as [number, number, number];
  const [z, y, x] = [0, 1, 2].map((axis) =>
    neighbours(
      start[axis] as number,
      steps[axis] as number,
      count[axis] as number,
      shape[axis] as number,
    ),
  ) as [
    ReturnType<typeof neighbours>,
    ReturnType<typeof neighbours>,
    ReturnType<typeof neighbours>,
  ];
  const voxels = count.reduce((a, b) => a * b, 1);
  const out = emptyLike("cropCube", data, voxels);
  const exact = data instanceof Float32Array;
  let at = 0;
  for (let k = 0; k < z.low.length; k += 1) {
    for (let j = 0; j < y.low.length; j += 1) {
      const rows = [z.low[k], z.high[k]].flatMap((slice) =>
        [y.low[j], y.high[j]].map((row) => ((slice as number) * height + (row as number)) * width),
      ) as [number, number, number, number];
      const [v, w] = [y.share[j] as number, z.share[k] as number];
      for (let i = 0; i < x.low.length; i += 1, at += 1) {
        const [a, b, u] = [x.low[i] as number, x.high[i] as number, x.share[i] as number];
        const along = (row: number): number =>
          (data[row + a] as number) * (1 - u) + (data[row + b] as number) * u;
        const near = along(rows[0]) * (1 - v) + along(rows[1]) * v;
        const far = along(rows[2]) * (1 - v) + along(rows[3]) * v;
        const value = near * (1 - w) + far * w;
        out[at] = exact ? value : Math.round(value);
      }
    }
  }
  return out;
}

/** Marks a ball, radius in mm, about a voxel. */
export function markBall(
  mask: Raster<Uint8Array>,
  center: readonly number[],
  radius: number,
  value = 1,
): void {
  const [depth, height, width] = mask.shape as [number, number, number];
  const [sz, sy, sx] = (mask.spacing ?? [1, 1, 1]) as [number, number, number];
  const [cz, cy, cx] = center as [number, number, number];
  const range = (c: number, mm: number, n: number): [number, number] => [
    Math.max(0, Math.ceil(c - radius / mm)),
    Math.min(n - 1, Math.floor(c + radius / mm)),
  ];
  const [[k0, k1], [j0, j1], [i0, i1]] = [
    range(cz, sz, depth),
    range(cy, sy, height),
    range(cx, sx, width),
  ];
  for (let k = k0; k <= k1; k += 1) {
    for (let j = j0; j <= j1; j += 1) {
      const rest = radius ** 2 - ((k - cz) * sz) ** 2 - ((j - cy) * sy) ** 2;
      for (let i = i0; i <= i1; i += 1) {
        if (((i - cx) * sx) ** 2 <= rest) mask.data[(k * height + j) * width + i] = value;
      }
    }
  }
}
