import type { Anatomy } from "./anatomy.ts";

/** A square of thicknesses, and where the anatomy lies on it. */
export interface Canvas {
  readonly size: number;
  readonly data: Float32Array;
  /** Pixels per unit of length. */
  readonly unit: number;
  /** Anatomical y of a row. */
  y(row: number): number;
  /** Anatomical x of a row's first pixel; each further pixel adds `1 / unit`. */
  x0(row: number): number;
  /** Row and column (not whole) of an anatomical point. */
  at(x: number, y: number): readonly [row: number, column: number];
}

export function canvasOf(size: number, { frame }: Anatomy): Canvas {
  const [shiftX, shiftY, scale, tilt] = frame;
  const unit = (size / 2) * scale;
  const yOf = (row: number): number => (((row + 0.5) / size) * 2 - 1 - shiftY) / scale;
  return {
    size,
    data: new Float32Array(size * size),
    unit,
    y: yOf,
    x0: (row) => (1 / size - 1 - shiftX) / scale + tilt * yOf(row),
    at: (x, y) => [
      ((y * scale + shiftY + 1) * size) / 2 - 0.5,
      (((x - tilt * y) * scale + shiftX + 1) * size) / 2 - 0.5,
    ],
  };
}

/** From 0 to 1 between two edges (either may be the larger), with level ends. */
export function smooth(edge0: number, edge1: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - edge0) / (edge1 - edge0)));
  return t * t * (3 - 2 * t);
}

export function bump(x: number, width: number): number {
  const t = x / width;
  return Math.exp(-t * t);
}

/** A smooth curve (Catmull and Rom's) through the points `[x, y, x, y, …]`, level beyond. */
export function along(points: readonly number[], x: number): number {
  const last = points.length / 2 - 1;
  const [px, py] = [
    (i: number): number => points[2 * Math.min(last, Math.max(0, i))] as number,
    (i: number): number => points[2 * Math.min(last, Math.max(0, i)) + 1] as number,
  ];
  if (x <= px(0)) return py(0);
  if (x >= px(last)) return py(last);
  let i = 0;
  while (x > px(i + 1)) i += 1;
  const t = (x - px(i)) / (px(i + 1) - px(i));
  const [a, b, c, d] = [py(i - 1), py(i), py(i + 1), py(i + 2)];
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/** Adds a ball-like dab; a line of dabs one pixel apart adds the thickness of a tube. */
export function dab(
  { data, size }: Canvas,
  row: number,
  column: number,
  radius: number,
  thickness: number,
): void {
  const reach = Math.max(1.1, radius);
  const amount = thickness * Math.min(1, (radius / reach) ** 2) * (0.75 / reach);
  const [top, bottom] = [Math.max(0, Math.ceil(row - reach)), Math.min(size - 1, row + reach)];
  const [left, right] = [
    Math.max(0, Math.ceil(column - reach)),
    Math.min(size - 1, column + reach),
  ];
  const inverse = 1 / (reach * reach);
  for (let y = top; y <= bottom; y += 1) {
    const dy = (y - row) * (y - row);
    for (let x = left; x <= right; x += 1) {
      const inside = 1 - (dy + (x - column) * (x - column)) * inverse;
      const at = y * size + x;
      if (inside > 0) data[at] = (data[at] as number) + amount * inside;
    }
  }
}

/**
 * Adds a band across a column: brighter at its two cortical walls than between them.
 *
 * @param half - half its height, in pixels.
 */
export function band(
  { data, size }: Canvas,
  row: number,
  column: number,
  half: number,
  thickness: number,
): void {
  const x = Math.round(column);
  if (x < 0 || x >= size) return;
  const reach = half + 1;
  for (let y = Math.max(0, Math.ceil(row - reach)); y <= Math.min(size - 1, row + reach); y += 1) {
    const d = Math.abs(y - row);
    const edge = Math.min(1, reach - d);
    const wall = Math.max(0, 1 - Math.abs(d - 0.78 * half) / (0.3 * half + 0.4));
    const at = y * size + x;
    // The lower border of a rib is the denser one.
    const lower = y > row ? 0.42 : 0.22;
    data[at] = (data[at] as number) + thickness * edge * (0.68 + lower * wall);
  }
}
