import type { Random } from "@dira/random";
import type { Canvas } from "./canvas.ts";
import { smooth } from "./curves.ts";
import type { Chest } from "./findings.ts";
import { addSmoothNoise, quickUniform } from "./noise.ts";

/**
 * Visits the pixels of a part of the anatomy.
 *
 * @param bounds - `[top, bottom, one side, the other side]`
 */
export function pixelsWithin(
  canvas: Canvas,
  bounds: readonly [number, number, number, number],
  visit: (at: number, x: number, y: number) => void,
): void {
  const { size, unit } = canvas;
  const [top, bottom, one, other] = bounds;
  const first = Math.max(0, Math.ceil(canvas.row(top)));
  const last = Math.min(size - 1, Math.floor(canvas.row(bottom)));
  for (let row = first; row <= last; row += 1) {
    const y = canvas.y(row);
    const middle = canvas.column(0, y);
    const left = Math.max(0, Math.ceil(middle + Math.min(one, other) * unit));
    const right = Math.min(size - 1, Math.floor(middle + Math.max(one, other) * unit));
    for (let column = left; column <= right; column += 1) {
      visit(row * size + column, (column - middle) / unit, y);
    }
  }
}

/** Adds a ball of solid tissue with an uneven rim. */
export function drawBall(
  { soft: canvas, lungs }: Chest,
  mask: Uint8Array,
  ball: { readonly x: number; readonly y: number; readonly radius: number; readonly phase: number },
): void {
  const { x: cx, y: cy, radius, phase } = ball;
  const reach = 1.17 * radius;
  pixelsWithin(canvas, [cy - reach, cy + reach, cx - reach, cx + reach], (at, x, y) => {
    const [dx, dy] = [x - cx, y - cy];
    const angle = Math.atan2(dy, dx);
    const rim = 1 + 0.1 * Math.sin(3 * angle + phase) + 0.06 * Math.sin(7 * angle + 2 * phase);
    const d2 = (dx * dx + dy * dy) / (radius * rim) ** 2;
    if (d2 >= 1) return;
    // A large one fills the chest's depth less than its width would.
    const depth = Math.min(2.6 * radius, 0.2 + 0.6 * radius) * Math.sqrt(1 - d2);
    if ((lungs.air[at] as number) > 0) canvas.data[at] = (canvas.data[at] as number) + depth;
    mask[at] = 1;
  });
  const [row, column] = [canvas.row(cy), canvas.column(cx, cy)].map(Math.round) as [number, number];
  if (Math.min(row, column) >= 0 && Math.max(row, column) < canvas.size) {
    mask[row * canvas.size + column] = 1;
  }
}

/** A blurred shadow in the lung. */
export interface Cloud {
  readonly x: number;
  readonly y: number;
  /** Half axes. */
  readonly radii: readonly [number, number];
  /** Of the first axis, in radians. */
  readonly tilt: number;
  /** Depth of tissue at its middle. */
  readonly density: number;
  /** How uneven its border is. */
  readonly ragged: number;
  /** A net of strands instead of a veil. */
  readonly net?: boolean;
}

export function drawCloud(chest: Chest, mask: Uint8Array, random: Random, cloud: Cloud): void {
  const { soft: canvas, lungs } = chest;
  const { data } = canvas;
  const { x: cx, y: cy, tilt, density, ragged, net = false } = cloud;
  const [rx, ry] = cloud.radii;
  const reach = 1.5 * Math.max(rx, ry);
  const side = 48;
  const cell = net ? 1.7 : side / 7;
  const noise = new Float32Array(side * side);
  const uniform = quickUniform(random);
  addSmoothNoise(noise, [side, side], { cell: [cell, cell], amount: 1, uniform });
  const [cosine, sine] = [Math.cos(tilt), Math.sin(tilt)];
  const scale = (side - 1) / (2 * reach);
  pixelsWithin(canvas, [cy - reach, cy + reach, cx - reach, cx + reach], (at, x, y) => {
    const air = lungs.air[at] as number;
    if (air === 0) return;
    const [dx, dy] = [x - cx, y - cy];
    const u = (dx * cosine + dy * sine) / rx;
    const v = (dy * cosine - dx * sine) / ry;
    const uneven = valueAt(noise, side, (dy + reach) * scale, (dx + reach) * scale);
    const share = smooth(1.25, 0.5, Math.sqrt(u * u + v * v) + (net ? 0 : ragged * uneven));
    if (share === 0) return;
    const strands = net ? Math.max(0.15, 1 - 1.8 * Math.abs(uneven)) : 0.85 + 0.3 * uneven;
    data[at] = (data[at] as number) + density * share * strands * Math.min(1, 1.5 * air);
    if (share > 0.4 && air > 0.05) mask[at] = 1;
  });
}

/** Between the four values around a place. */
function valueAt(data: Float32Array, side: number, row: number, column: number): number {
  const [r, c] = [Math.min(side - 2, row | 0), Math.min(side - 2, column | 0)];
  const [v, u] = [row - r, column - c];
  const at = r * side + c;
  const top = (data[at] as number) * (1 - u) + (data[at + 1] as number) * u;
  const bottom = (data[at + side] as number) * (1 - u) + (data[at + side + 1] as number) * u;
  return top * (1 - v) + bottom * v;
}
