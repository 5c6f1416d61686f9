import { SEGMENT } from "./tree.ts";

/** Where the voxels of a volume lie: axes z (to the head), y (to the back), x (to the left). */
export interface Grid {
  /** `[depth, height, width]` */
  readonly shape: readonly [number, number, number];
  /** mm along each axis of the shape. */
  readonly spacing: readonly [number, number, number];
  /** `[x, y, z]` of the first voxel's centre, in mm. */
  readonly origin: readonly [number, number, number];
}

/** A grid about a point `[x, y, z]`. */
export function gridAround(
  center: readonly [number, number, number],
  shape: Grid["shape"],
  spacing: Grid["spacing"],
): Grid {
  const start = (axis: 0 | 1 | 2): number =>
    center[axis] - ((shape[2 - axis] as number) / 2 - 0.5) * (spacing[2 - axis] as number);
  return { shape, spacing, origin: [start(0), start(1), start(2)] };
}

export const voxelsOf = ({ shape: [depth, height, width] }: Grid): number => depth * height * width;

/** How wide a blurred edge is: the voxels' mean side. */
export const edgeOf = ({ spacing: [z, y, x] }: Grid): number => (x + y + z) / 3;

/** Share of a voxel that lies inside a surface at a distance (positive: inside). */
export function shareInside(distance: number, edge: number): number {
  const share = distance / edge + 0.5;
  return share <= 0 ? 0 : share >= 1 ? 1 : share;
}

/**
 * Tubes with round ends along segments of {@link SEGMENT} numbers.
 *
 * @param cover - per voxel the share that is inside; raised where a tube covers more.
 */
export function coverTubes(cover: Float32Array, grid: Grid, segments: ArrayLike<number>): void {
  for (let s = 0; s < segments.length; s += SEGMENT) coverTube(cover, grid, segments, s);
}

function coverTube(cover: Float32Array, grid: Grid, segments: ArrayLike<number>, s: number): void {
  const [depth, height, width] = grid.shape;
  const [sz, sy, sx] = grid.spacing;
  const edge = edgeOf(grid);
  const radius = segments[s + 6] as number;
  // A tube thinner than a voxel fills a part of it.
  const most = Math.min(1, ((2 * radius) / edge) ** 2);
  const wide = Math.max(radius, 0.5 * edge);
  const reach = wide + 0.5 * edge;
  // In voxels' coordinates, from the first voxel's centre.
  const ax = (segments[s] as number) - grid.origin[0];
  const ay = (segments[s + 1] as number) - grid.origin[1];
  const az = (segments[s + 2] as number) - grid.origin[2];
  const dx = (segments[s + 3] as number) - grid.origin[0] - ax;
  const dy = (segments[s + 4] as number) - grid.origin[1] - ay;
  const dz = (segments[s + 5] as number) - grid.origin[2] - az;
  const inverse = 1 / (dx * dx + dy * dy + dz * dz + 1e-9);
  const k0 = Math.max(0, Math.ceil((Math.min(az, az + dz) - reach) / sz));
  const k1 = Math.min(depth - 1, Math.floor((Math.max(az, az + dz) + reach) / sz));
  const j0 = Math.max(0, Math.ceil((Math.min(ay, ay + dy) - reach) / sy));
  const j1 = Math.min(height - 1, Math.floor((Math.max(ay, ay + dy) + reach) / sy));
  const i0 = Math.max(0, Math.ceil((Math.min(ax, ax + dx) - reach) / sx));
  const i1 = Math.min(width - 1, Math.floor((Math.max(ax, ax + dx) + reach) / sx));
  for (let k = k0; k <= k1; k += 1) {
    const z = k * sz - az;
    for (let j = j0; j <= j1; j += 1) {
      const y = j * sy - ay;
      for (let i = i0, at = (k * height + j) * width + i0; i <= i1; i += 1, at += 1) {
        const x = i * sx - ax;
        const t = Math.min(1, Math.max(0, (x * dx + y * dy + z * dz) * inverse));
        const [ex, ey, ez] = [x - t * dx, y - t * dy, z - t * dz];
        const d2 = ex * ex + ey * ey + ez * ez;
        if (d2 >= reach * reach) continue;
        const share = most * shareInside(wide - Math.sqrt(d2), edge);
        if (share > (cover[at] as number)) cover[at] = share;
      }
    }
  }
}

/** Fills a part of each voxel with a value. */
export function blend(data: Float32Array, cover: Float32Array, value: number): void {
  for (let i = 0; i < data.length; i += 1) {
    const share = cover[i] as number;
    if (share > 0) data[i] = (data[i] as number) + (value - (data[i] as number)) * share;
  }
}

/** A ball, or an ellipsoid where radii differ, with an uneven surface. */
export interface Blob {
  readonly center: readonly [number, number, number];
  /** mm along x, y, z. */
  readonly radii: readonly [number, number, number];
  /** Amplitude of its unevenness, as a share of the radius. @defaultValue 0 */
  readonly ragged?: number;
  /** What the unevenness starts from. @defaultValue 0 */
  readonly phase?: number;
}

/** Visits the voxels that a blob covers, with the share of each that is inside. */
export function visitBlob(
  grid: Grid,
  blob: Blob,
  visit: (at: number, share: number) => void,
): void {
  const { center, radii, ragged = 0, phase = 0 } = blob;
  const [, height, width] = grid.shape;
  const [sz, sy, sx] = grid.spacing;
  const edge = edgeOf(grid);
  const mean = (radii[0] + radii[1] + radii[2]) / 3;
  const grown = 1 + 2 * ragged;
  const range = (axis: 0 | 1 | 2): readonly [number, number] => {
    const spacing = grid.spacing[2 - axis] as number;
    const middle = center[axis] - grid.origin[axis];
    const reach = radii[axis] * grown + edge;
    return [
      Math.max(0, Math.ceil((middle - reach) / spacing)),
      Math.min((grid.shape[2 - axis] as number) - 1, Math.floor((middle + reach) / spacing)),
    ];
  };
  const [[i0, i1], [j0, j1], [k0, k1]] = [range(0), range(1), range(2)];
  for (let k = k0; k <= k1; k += 1) {
    const z = (grid.origin[2] + k * sz - center[2]) / radii[2];
    for (let j = j0; j <= j1; j += 1) {
      const y = (grid.origin[1] + j * sy - center[1]) / radii[1];
      for (let i = i0, at = (k * height + j) * width + i0; i <= i1; i += 1, at += 1) {
        const x = (grid.origin[0] + i * sx - center[0]) / radii[0];
        const r = Math.sqrt(x * x + y * y + z * z);
        const rim = ragged === 0 ? 1 : 1 + ragged * unevenness(x, y, z, r, phase);
        const share = shareInside((rim - r) * mean, edge);
        if (share > 0) visit(at, share);
      }
    }
  }
}

/** A few waves over the sphere, within [−2, 2]. */
function unevenness(x: number, y: number, z: number, r: number, phase: number): number {
  const scale = 1 / (r + 1e-3);
  const [u, v, w] = [x * scale, y * scale, z * scale];
  return (
    Math.sin(3 * u + 2 * v + phase) * Math.cos(3 * w - 2 * u + 2 * phase) +
    0.7 * Math.sin(7 * v - 5 * w + 3 * phase) * Math.cos(6 * u + phase)
  );
}
