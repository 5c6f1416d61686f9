import type { Anatomy } from "./anatomy.ts";

/** A square of thicknesses, and where the anatomy lies on it. */
export interface Canvas {
  readonly size: number;
  readonly data: Float32Array;
  /** Pixels per unit of length. */
  readonly unit: number;
  /** Anatomical y of a row. */
  y(row: number): number;
  /** Row (not whole) of an anatomical y. */
  row(y: number): number;
  /** Column (not whole) of an anatomical point. */
  column(x: number, y: number): number;
}

export function canvasOf(size: number, { frame }: Anatomy): Canvas {
  const [shiftX, shiftY, scale, tilt] = frame;
  const unit = (size / 2) * scale;
  const top = ((shiftY + 1) * size) / 2 - 0.5;
  const left = ((shiftX + 1) * size) / 2 - 0.5;
  return {
    size,
    data: new Float32Array(size * size),
    unit,
    y: (row) => (row - top) / unit,
    row: (y) => y * unit + top,
    column: (x, y) => (x - tilt * y) * unit + left,
  };
}

/** Adds a ball-like dab; a line of dabs one pixel apart adds the thickness of a tube. */
export function dab(
  { data, size }: Canvas,
  row: number,
  column: number,
  radius: number,
  thickness: number,
): void {
  const reach = radius > 1.1 ? radius : 1.1;
  const inverse = 1 / (reach * reach);
  const amount = (thickness * Math.min(1, radius * radius * inverse) * 0.75) / reach;
  const top = Math.max(0, Math.ceil(row - reach));
  const bottom = Math.min(size - 1, Math.floor(row + reach));
  const left = Math.max(0, Math.ceil(column - reach));
  const right = Math.min(size - 1, Math.floor(column + reach));
  for (let y = top; y <= bottom; y += 1) {
    const rest = 1 - (y - row) * (y - row) * inverse;
    for (let x = left, at = y * size + left; x <= right; x += 1, at += 1) {
      const inside = rest - (x - column) * (x - column) * inverse;
      if (inside > 0) data[at] = (data[at] as number) + amount * inside;
    }
  }
}

/** Points `[x, y]`, or `[row, column]` where said so. */
export type Points = readonly (readonly [number, number])[];

/** A line of dabs through points `[row, column]`. */
export function stroke(canvas: Canvas, points: Points, radius: number, thickness: number): void {
  // Wide strokes need fewer, heavier dabs.
  const pace = Math.max(1, radius / 3);
  for (let p = 1; p < points.length; p += 1) {
    const [r0, c0] = points[p - 1] as readonly [number, number];
    const [r1, c1] = points[p] as readonly [number, number];
    const length = Math.hypot(r1 - r0, c1 - c0);
    const steps = Math.max(1, Math.ceil(length / pace));
    const heavy = thickness * Math.max(1, length / steps);
    for (let i = 0; i < steps; i += 1) {
      const t = i / steps;
      dab(canvas, r0 + (r1 - r0) * t, c0 + (c1 - c0) * t, radius, heavy);
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
  if (column < 0 || column >= size || thickness < 1e-4) return;
  const reach = half + 1;
  const wall = 1 / (0.3 * half + 0.4);
  const last = Math.min(size - 1, Math.floor(row + reach));
  for (let y = Math.max(0, Math.ceil(row - reach)); y <= last; y += 1) {
    const d = Math.abs(y - row);
    const near = 1 - Math.abs(d - 0.78 * half) * wall;
    // The lower border of a rib is the denser one.
    const walls = near > 0 ? near * (y > row ? 0.42 : 0.22) : 0;
    const at = y * size + column;
    data[at] = (data[at] as number) + thickness * Math.min(1, reach - d) * (0.68 + walls);
  }
}
