/** `[x, y, z]`; in the plane z is 0. */
export type Point = readonly [number, number, number];

/** A branch of a vessel or airway, from its root. */
export interface Branch {
  readonly point: Point;
  /** Unit vector. */
  readonly direction: Point;
  readonly radius: number;
  readonly length: number;
}

/** Options of {@link growTree}. */
export interface TreeOptions {
  readonly uniform: () => number;
  /** 2 keeps the branches in the plane z = 0. */
  readonly spatialRank: 2 | 3;
  /** What lengths are measured in: half the width of a chest. */
  readonly unit: number;
  /** Length of a segment, in units. @defaultValue 0.018 */
  readonly step?: number;
  /** Branches of branches, and so on. @defaultValue 3 */
  readonly generations?: number;
  /** Thinner ones don't branch, in units. @defaultValue 0.0035 */
  readonly thinnest?: number;
  /** Distance from one branch to the next, in units. @defaultValue [0.03, 0.09] */
  readonly spacing?: readonly [number, number];
  /** A branch ends where it leaves this. @defaultValue never */
  readonly inside?: (x: number, y: number, z: number) => boolean;
}

/** Numbers in a segment of {@link growTree}. */
export const SEGMENT = 7;

interface Growth extends Branch {
  readonly generation: number;
}

/**
 * Grows branches in the plane or in space, winding, thinning and branching to the end.
 *
 * @returns segments, each `[x, y, z` from`, x, y, z` to`, radius]`, flat; the same whatever they are
 *   drawn on.
 */
export function growTree(roots: readonly Branch[], options: TreeOptions): Float32Array {
  const segments: Segments = { data: new Float32Array(8192 * SEGMENT), used: 0 };
  const waiting: Growth[] = [];
  for (const root of roots) {
    waiting.push({ ...root, generation: 0 });
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      growBranch(next, options, waiting, segments);
    }
  }
  return segments.data.subarray(0, segments.used);
}

interface Segments {
  data: Float32Array;
  used: number;
}

/** Room for a segment, and where it starts. */
function nextSegment(segments: Segments): number {
  const at = segments.used;
  segments.used += SEGMENT;
  if (segments.used > segments.data.length) {
    const larger = new Float32Array(2 * segments.data.length);
    larger.set(segments.data);
    segments.data = larger;
  }
  return at;
}

function growBranch(root: Growth, options: TreeOptions, waiting: Growth[], out: Segments): void {
  const { uniform, unit, step = 0.018, generations = 3, thinnest = 0.0035, inside } = options;
  const [near, far] = options.spacing ?? [0.03, 0.09];
  const depth = options.spatialRank - 2;
  const steps = Math.ceil(root.length / (step * unit));
  const shake = 18 * Math.sqrt(step) * step;
  const stride = step * unit;
  const branches = root.generation < generations;
  let [x, y, z] = root.point;
  let [dx, dy, dz] = root.direction;
  // How much the direction changes with each step.
  let bx = (2.4 * uniform() - 1.2) * step;
  let by = (2.4 * uniform() - 1.2) * step;
  let bz = (2.4 * uniform() - 1.2) * step * depth;
  let next = near + (far - near) * uniform();
  for (let i = 0; i < steps; i += 1) {
    const radius = root.radius * (1 - (0.72 * i) / steps);
    bx = bx * (1 - 3 * step) + (uniform() - 0.5) * shake;
    by = by * (1 - 3 * step) + (uniform() - 0.5) * shake;
    if (depth === 1) bz = bz * (1 - 3 * step) + (uniform() - 0.5) * shake;
    dx += bx;
    dy += by;
    dz += bz;
    const scale = 1 / Math.sqrt(dx * dx + dy * dy + dz * dz);
    dx *= scale;
    dy *= scale;
    dz *= scale;
    const at = nextSegment(out);
    out.data[at] = x;
    out.data[at + 1] = y;
    out.data[at + 2] = z;
    x += dx * stride;
    y += dy * stride;
    z += dz * stride;
    if (inside !== undefined && !inside(x, y, z)) {
      out.used = at;
      return;
    }
    out.data[at + 3] = x;
    out.data[at + 4] = y;
    out.data[at + 5] = z;
    out.data[at + 6] = radius;
    next -= step;
    if (next >= 0 || !branches || radius < thinnest * unit) continue;
    next = near + (far - near) * uniform();
    waiting.push(
      offshoot(root, [x, y, z], turned(dx, dy, dz, depth, uniform), radius, 1 - i / steps, options),
    );
  }
}

/** A branch that leaves another where it has a share of its length left. */
function offshoot(
  root: Growth,
  point: Point,
  direction: Point,
  radius: number,
  left: number,
  { uniform, unit }: TreeOptions,
): Growth {
  return {
    point,
    direction,
    radius: radius * (0.55 + 0.25 * uniform()),
    length: root.length * left * (0.5 + 0.35 * uniform()) + 0.03 * unit,
    generation: root.generation + 1,
  };
}

/** A direction turned by 0.4 to 1.05 rad, to a side by chance. */
function turned(
  dx: number,
  dy: number,
  dz: number,
  depth: number,
  uniform: () => number,
): [number, number, number] {
  let x = uniform() - 0.5;
  let y = uniform() - 0.5;
  let z = (uniform() - 0.5) * depth;
  const along = x * dx + y * dy + z * dz;
  x -= along * dx;
  y -= along * dy;
  z -= along * dz;
  const angle = 0.4 + 0.65 * uniform();
  const cosine = Math.cos(angle);
  const sine = Math.sin(angle) / Math.sqrt(x * x + y * y + z * z + 1e-12);
  return [dx * cosine + x * sine, dy * cosine + y * sine, dz * cosine + z * sine];
}
