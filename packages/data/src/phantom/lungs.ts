import type { Anatomy } from "./anatomy.ts";
import type { Canvas } from "./canvas.ts";
import { along, bump, lookUp, smooth, type Table, tabulate } from "./curves.ts";

/** What a row of the image has in common: where lungs and mediastinum lie. */
interface Row {
  readonly y: number;
  /** Chest wall's inner half-width; 0 above the apex. */
  readonly outer: number;
  /** Where the lungs end towards the middle. */
  readonly inner: number;
  /** Borders of heart and great vessels, on the image's left (negative) and right. */
  readonly borders: readonly [number, number];
  /** How much of the depth they take, 0 … 1. */
  readonly solid: number;
}

/** How far from the middle the lungs' tips lie. */
const APEX = 0.23;

function rowOf(a: Anatomy, y: number): Row {
  return {
    y,
    outer: outerAt(a, y),
    inner: innerAt(a, y),
    borders: bordersAt(a, y),
    solid: along([-0.5, 0.9, -0.1, 0.84, 0.2, 0.78], y),
  };
}

/** Half-width of the chest's inside: round at the apex, nearly upright at the bottom. */
export function outerAt(a: Anatomy, y: number): number {
  const bottom = 0.55;
  const t = (bottom - y) / (bottom - a.apex);
  if (t >= 1) return 0;
  return t <= 0 ? a.chest : APEX + (a.chest - APEX) * (1 - t ** a.roundness) ** 0.56;
}

function innerAt(a: Anatomy, y: number): number {
  const t = Math.min(1, Math.max(0, (-0.4 - y) / (-0.4 - a.apex)));
  return APEX - (APEX - 0.05) * Math.sqrt(1 - t * t * t);
}

/** Borders of heart and great vessels. */
export function bordersAt(a: Anatomy, y: number): readonly [number, number] {
  const [right, left] = a.heart;
  const dome = a.domes[1];
  // prettier-ignore
  const onRight = [
    -0.85, 0.09, -0.5, 0.1, -0.36, a.knob, -0.2, 0.12, -0.02, 0.15 + 0.16 * left,
    0.5 * dome, 0.8 * left, dome - 0.06, left, dome + 0.1, left * 0.9,
  ];
  // prettier-ignore
  const onLeft = [
    -0.85, 0.1, -0.45, 0.115, -0.2, 0.1, 0.05, right * 0.86, dome - 0.18, right,
    dome + 0.04, right * 0.75,
  ];
  return [-along(onLeft, y), along(onRight, y)];
}

/** Height of the diaphragm at x: a dome that falls steeply to the costophrenic angle. */
export function domeAt(a: Anatomy, x: number): number {
  const [peak, center] = x < 0 ? [a.domes[0], -0.32] : [a.domes[1], 0.36];
  const d = Math.abs(x) - Math.abs(center);
  return peak + (d > 0 ? 0.7 * d ** 1.7 + 1.4 * Math.max(0, d - 0.27) ** 1.5 : 0.32 * d * d);
}

/** Depth across a lung, from its middle (0) to its borders (1). */
const CHORD = tabulate(0, 1, 512, (u) => Math.sqrt(Math.max(0, 1 - u * u * u)));
/** Depth across the heart, from the middle to its borders. */
const HEART = tabulate(0, 1, 512, (u) => Math.max(0, 1 - u * u) ** 0.45);

/** Air in the lungs, and where they are. */
export interface Lungs {
  /** Share of the depth that is lung, `[size, size]`. */
  readonly air: Float32Array;
  /** 1 in the left lung (on the image's right), 2 in the right one; not behind the heart. */
  readonly mask: Uint8Array;
  /** 1 in the heart. */
  readonly heart: Uint8Array;
}

/** Where lungs and heart lie. */
export function drawLungs(canvas: Canvas, a: Anatomy): Lungs {
  const pixels = canvas.size * canvas.size;
  const lungs = {
    air: new Float32Array(pixels),
    mask: new Uint8Array(pixels),
    heart: new Uint8Array(pixels),
  };
  const domes = tabulate(-1.2, 1.2, 768, (x) => domeAt(a, x));
  for (let line = 0; line < canvas.size; line += 1) {
    const row = rowOf(a, canvas.y(line));
    if (row.outer > 0) {
      drawLung(canvas, lungs, a, row, line, domes, -1);
      drawLung(canvas, lungs, a, row, line, domes, 1);
    }
    if (row.y > -0.2 && row.y < a.domes[1] + 0.05) drawHeart(canvas, lungs.heart, row, line);
  }
  return lungs;
}

function drawLung(
  { size, unit, column }: Canvas,
  { air, mask }: Lungs,
  a: Anatomy,
  row: Row,
  line: number,
  domes: Table,
  side: -1 | 1,
): void {
  const { y, inner, outer, solid } = row;
  const middle = column(0, y);
  const [from, to] = side < 0 ? [-outer, -inner] : [inner, outer];
  const first = Math.max(0, Math.ceil(middle + from * unit));
  const last = Math.min(size - 1, Math.floor(middle + to * unit));
  const half = (outer - inner) / 2;
  const border = 1 / Math.abs(row.borders[side < 0 ? 0 : 1]);
  const soft = 1 / unit;
  const above = y < a.domes[side < 0 ? 0 : 1] - soft;
  const value = side < 0 ? 2 : 1;
  for (let c = first, at = line * size + first; c <= last; c += 1, at += 1) {
    const away = (side * (c - middle)) / unit;
    let lung = lookUp(CHORD, Math.abs(away - inner - half) / half);
    if (!above) {
      const below = y - lookUp(domes, side * away);
      // In front of the dome the lung ends; behind it, it reaches lower.
      const front = 1 - smooth(-0.6 * soft, 0.6 * soft + 0.012, below);
      lung *= Math.max(front, 0.16 * (1 - smooth(0, 0.16, below)));
    }
    const u = away * border;
    const heart = u < 1 ? solid * lookUp(HEART, u) : 0;
    if (lung > 0.3 && heart < 0.3) mask[at] = value;
    air[at] = lung * (1 - heart);
  }
}

function drawHeart(
  { size, unit, column }: Canvas,
  heart: Uint8Array,
  row: Row,
  line: number,
): void {
  const middle = column(0, row.y);
  const first = Math.max(0, Math.ceil(middle + 0.98 * row.borders[0] * unit));
  const last = Math.min(size - 1, Math.floor(middle + 0.98 * row.borders[1] * unit));
  if (last >= first) heart.fill(1, line * size + first, line * size + last + 1);
}

/** Takes windpipe and main bronchi out of the depth. */
export function drawAirways({ data, size, unit, ...canvas }: Canvas): void {
  const first = Math.max(0, Math.ceil(canvas.row(-1.1)));
  const last = Math.min(size - 1, Math.floor(canvas.row(0.1)));
  for (let line = first; line <= last; line += 1) {
    const y = canvas.y(line);
    const middle = canvas.column(0, y);
    const end = Math.min(size - 1, Math.floor(middle + 0.4 * unit));
    for (let c = Math.max(0, Math.ceil(middle - 0.3 * unit)); c <= end; c += 1) {
      const at = line * size + c;
      const depth = data[at] as number;
      data[at] = depth - airways((c - middle) / unit, y) * Math.min(1, depth);
    }
  }
}

function airways(x: number, y: number): number {
  if (y < -0.2) {
    const bend = 0.012 * smooth(-0.6, -0.3, y);
    const share = tube(x + bend, 0.046);
    return share === 0 ? 0 : 0.2 * share * (1 - 0.5 * smooth(-0.34, -0.2, y));
  }
  const d = y + 0.2;
  const widest = Math.max(tube(x + 0.02 + 0.75 * d, 0.034), tube(x - 0.01 - 1.15 * d, 0.032));
  return widest === 0 ? 0 : 0.12 * widest * (1 - smooth(0, 0.16, d));
}

function tube(x: number, half: number): number {
  const rest = 1 - (x / half) ** 2;
  return rest > 0 ? Math.sqrt(rest) : 0;
}

/** Fuller shadows where vessels enter the lungs. */
export function drawHila({ data, size, unit, ...canvas }: Canvas): void {
  const widths = tabulate(0, 0.3, 128, (away) => bump(away - 0.16, 0.06));
  const first = Math.max(0, Math.ceil(canvas.row(-0.38)));
  const last = Math.min(size - 1, Math.floor(canvas.row(0.22)));
  for (let line = first; line <= last; line += 1) {
    const y = canvas.y(line);
    const middle = canvas.column(0, y);
    const [left, right] = [0.17 * bump(y + 0.05, 0.12), 0.17 * bump(y + 0.1, 0.12)];
    const end = Math.min(size - 1, Math.floor(middle + 0.3 * unit));
    for (let c = Math.max(0, Math.ceil(middle - 0.3 * unit)); c <= end; c += 1) {
      const x = (c - middle) / unit;
      const at = line * size + c;
      data[at] = (data[at] as number) + (x < 0 ? left : right) * lookUp(widths, Math.abs(x));
    }
  }
}
