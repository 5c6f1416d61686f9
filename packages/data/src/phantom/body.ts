import type { Anatomy } from "./anatomy.ts";
import type { Canvas } from "./canvas.ts";
import { bump, lookUp, smooth, type Table, tabulate } from "./curves.ts";

/** Depth across the trunk, from its middle (0) to its skin (1). */
const ROUND = tabulate(0, 1, 512, (u) => Math.sqrt(Math.max(0, 1 - u ** 2.5)));
/** Height of the shoulders by distance from the middle. */
const SHOULDERS = tabulate(
  0,
  2,
  512,
  (x) => -1.02 + 0.3 * smooth(0.2, 0.9, x) + 0.25 * Math.max(0, x - 0.9),
);
/** How much less deep they are than the chest. */
const SLOPE = tabulate(0.35, 0.75, 128, (x) => 0.34 * smooth(0.35, 0.75, x));

/** Fills in the depth of the body along the beam; 1 is a slim chest's. */
export function drawBody(canvas: Canvas, a: Anatomy): void {
  for (let line = 0; line < canvas.size; line += 1) {
    const y = canvas.y(line);
    drawTrunk(canvas, a, line, y);
    if (y < -0.45) drawNeck(canvas, line, y);
    if (y > -0.75) drawArms(canvas, a, line, y);
    if (y >= -0.3 && a.breasts > 0) drawBreasts(canvas, a, line, y);
    if (y > 0.1) drawGas(canvas, a, line, y);
  }
}

/** Changes the pixels of a row between two anatomical x. */
function across(
  canvas: Canvas,
  line: number,
  y: number,
  from: number,
  to: number,
  change: (depth: number, x: number) => number,
): void {
  const { data, size, unit } = canvas;
  const middle = canvas.column(0, y);
  const first = Math.max(0, Math.ceil(middle + from * unit));
  const last = Math.min(size - 1, Math.floor(middle + to * unit));
  for (let c = first, at = line * size + first; c <= last; c += 1, at += 1) {
    data[at] = change(data[at] as number, (c - middle) / unit);
  }
}

function drawTrunk(canvas: Canvas, a: Anatomy, line: number, y: number): void {
  const { data, size, unit } = canvas;
  const shoulders = smooth(-0.28, -0.62, y);
  const width = a.trunk + 0.36 * shoulders;
  const belly = a.thickness * (1 + 0.14 * smooth(0.3, 0.9, y));
  const middle = canvas.column(0, y);
  const first = Math.max(0, Math.ceil(middle - width * unit));
  const last = Math.min(size - 1, Math.floor(middle + width * unit));
  for (let c = first, at = line * size + first; c <= last; c += 1, at += 1) {
    const away = Math.abs(c - middle) / unit;
    let depth = belly * lookUp(ROUND, away / width);
    if (shoulders > 0) {
      // Shoulders rise to the neck.
      const below = (y - lookUp(SHOULDERS, away)) / 0.3;
      if (below < 1) depth = below > 0 ? depth * Math.sqrt(below) : 0;
      depth *= 1 - shoulders * lookUp(SLOPE, away);
    }
    data[at] = depth;
  }
}

function drawNeck(canvas: Canvas, line: number, y: number): void {
  const neck = 0.58 * smooth(-0.45, -0.75, y);
  across(canvas, line, y, -0.3, 0.3, (depth, x) =>
    Math.max(depth, neck * Math.sqrt(Math.max(0, 1 - (x / 0.3) ** 2))),
  );
}

function drawArms(canvas: Canvas, a: Anatomy, line: number, y: number): void {
  const center = a.trunk + a.armGap + 0.17 + 0.1 * smooth(-0.4, 0.6, y);
  const depth = 0.4 * smooth(-0.75, -0.3, y);
  for (const side of [-1, 1]) {
    const middle = side * center;
    across(canvas, line, y, middle - 0.17, middle + 0.17, (before, x) => {
      const d = (x - middle) / 0.17;
      return Math.max(before, depth * Math.sqrt(Math.max(0, 1 - d * d)));
    });
  }
}

/** Full below, running out above. */
function drawBreasts(canvas: Canvas, a: Anatomy, line: number, y: number): void {
  const dy = (y - 0.16 - 0.5 * a.breasts) / (0.3 + 0.3 * a.breasts);
  const width = 0.26 + 0.4 * a.breasts;
  const full = a.breasts * 1.15 * smooth(-1.1, 0.4, dy);
  const half = width * Math.sqrt(Math.max(0, 1 - dy * dy));
  for (const middle of [-0.6 * a.chest, 0.6 * a.chest]) {
    across(canvas, line, y, middle - half, middle + half, (before, x) => {
      const dx = (x - middle) / width;
      return before + full * Math.sqrt(Math.max(0, 1 - dx * dx - dy * dy));
    });
  }
}

/** Gas in stomach and bowel, under the diaphragm. */
function drawGas(canvas: Canvas, a: Anatomy, line: number, y: number): void {
  const [middle, radius, amount] = a.bubble;
  const dy = (y - a.domes[1] - radius - 0.03) / radius;
  const half = 1.5 * radius * Math.sqrt(Math.max(0, 1.1 - dy * dy));
  across(canvas, line, y, middle - half, middle + half, (before, x) => {
    const dx = (x - middle) / (1.5 * radius);
    return before - amount * 0.45 * (1 - smooth(0.3, 1.1, dx * dx + dy * dy));
  });
  if (y < 0.6) return;
  const bowel = 0.09 * bump(y - 0.88, 0.11);
  const at = 0.1 - a.armGap;
  across(
    canvas,
    line,
    y,
    at - 0.4,
    at + 0.4,
    (before, x) => before - bowel * lookUp(BOWEL, Math.abs(x - at)),
  );
}

const BOWEL: Table = tabulate(0, 0.4, 128, (x) => bump(x, 0.16));
