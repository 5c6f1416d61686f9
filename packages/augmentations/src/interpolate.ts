import { folded } from "./border.ts";
import type { Coordinates, LineSource, Sides } from "./kernels/kernels.ts";

/** Sides of a volume (an image has depth 1) and the source coordinates of one line of a result. */
export interface Line extends Coordinates {
  readonly depth: number;
  readonly height: number;
  readonly width: number;
}

/** Calls `visit` for each line of the last axis with its source coordinates and where it starts. */
export function eachLine(
  [depth, height, width]: Sides,
  source: LineSource,
  visit: (line: Line, to: number) => void,
): void {
  const [zs, ys, xs] = [0, 0, 0].map(() => new Float64Array(width)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const line = { depth, height, width, zs, ys, xs };
  for (let z = 0, to = 0; z < depth; z += 1) {
    for (let y = 0; y < height; y += 1, to += width) {
      source(z, y, line);
      visit(line, to);
    }
  }
}

/** Each pixel of the line from the nearest pixel of the source. */
export function nearestLine(
  out: Float32Array | Uint8Array,
  to: number,
  data: Float32Array | Uint8Array,
  { depth, height, width, zs, ys, xs }: Line,
  border: number,
  value: number,
): void {
  for (let i = 0; i < xs.length; i += 1) {
    const z = nearest(zs[i] as number, depth, border);
    const y = nearest(ys[i] as number, height, border);
    const x = nearest(xs[i] as number, width, border);
    const inside = z >= 0 && y >= 0 && x >= 0;
    out[to + i] = inside ? (data[(z * height + y) * width + x] as number) : value;
  }
}

/** Index of the nearest pixel; −1 beyond a constant border. */
function nearest(coordinate: number, n: number, border: number): number {
  if (border !== 0) return Math.floor(folded(coordinate, n, border) + 0.5);
  const index = Math.floor(coordinate + 0.5);
  return index < 0 || index >= n ? -1 : index;
}

/** Each pixel of the line by linear interpolation between its 2, 4 or 8 neighbours. */
export function interpolatedLine(
  out: Float32Array,
  to: number,
  data: Float32Array,
  line: Line,
  border: number,
  value: number,
): void {
  const { depth, height, width, zs, ys, xs } = line;
  const plane = height * width;
  for (let i = 0; i < xs.length; i += 1) {
    const [z, y, x] = [zs[i] as number, ys[i] as number, xs[i] as number];
    const [z0, y0, x0] = [Math.floor(z), Math.floor(y), Math.floor(x)];
    const [fz, fy, fx] = [z - z0, y - y0, x - x0];
    const at = (z0 * height + y0) * width + x0;
    const within = y0 >= 0 && x0 >= 0 && z0 >= 0 && y0 + 1 < height && x0 + 1 < width;
    if (within && fz === 0 && z0 < depth) {
      out[to + i] = bilinear(data, at, width, fy, fx);
    } else if (within && z0 + 1 < depth) {
      const near = bilinear(data, at, width, fy, fx);
      out[to + i] = near + fz * (bilinear(data, at + plane, width, fy, fx) - near);
    } else {
      out[to + i] = atBorder(data, line, z, y, x, border, value);
    }
  }
}

function bilinear(data: Float32Array, at: number, width: number, fy: number, fx: number): number {
  const [a, b] = [data[at] as number, data[at + 1] as number];
  const [c, d] = [data[at + width] as number, data[at + width + 1] as number];
  const [upper, lower] = [a + fx * (b - a), c + fx * (d - c)];
  return upper + fy * (lower - upper);
}

/** The same where a neighbour lies beyond the border. */
function atBorder(
  data: Float32Array,
  { depth, height, width }: Line,
  z: number,
  y: number,
  x: number,
  border: number,
  value: number,
): number {
  const constant = border === 0;
  const [cz, cy, cx] = constant
    ? [z, y, x]
    : [folded(z, depth, border), folded(y, height, border), folded(x, width, border)];
  const [z0, y0, x0] = [Math.floor(cz), Math.floor(cy), Math.floor(cx)];
  let sum = 0;
  for (let corner = 0; corner < 8; corner += 1) {
    const [iz, iy, ix] = [z0 + (corner >> 2), y0 + ((corner >> 1) & 1), x0 + (corner & 1)];
    const weight = (1 - Math.abs(cz - iz)) * (1 - Math.abs(cy - iy)) * (1 - Math.abs(cx - ix));
    if (weight === 0) continue;
    const outside = iz < 0 || iy < 0 || ix < 0 || iz >= depth || iy >= height || ix >= width;
    sum += weight * (outside ? value : (data[(iz * height + iy) * width + ix] as number));
  }
  return sum;
}
