import type { Anatomy } from "./anatomy.ts";
import { along, bump, smooth } from "./canvas.ts";

/** What a row of the image has in common: where lungs and mediastinum lie. */
export interface Row {
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

export function rowOf(a: Anatomy, y: number): Row {
  return { y, outer: outerAt(a, y), inner: innerAt(a, y), ...mediastinumAt(a, y) };
}

/** How far from the middle the lungs' tips lie. */
const APEX = 0.23;

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

function mediastinumAt(a: Anatomy, y: number): Pick<Row, "borders" | "solid"> {
  const [right, left] = a.heart;
  const dome = a.domes[1];
  const leftBorder = along(
    [
      -0.85,
      0.09,
      -0.5,
      0.1,
      -0.36,
      a.knob,
      -0.2,
      0.12,
      -0.02,
      0.15 + 0.16 * left,
      0.5 * dome,
      0.8 * left,
      dome - 0.06,
      left,
      dome + 0.1,
      left * 0.9,
    ],
    y,
  );
  const rightBorder = along(
    [
      -0.85,
      0.1,
      -0.45,
      0.115,
      -0.2,
      0.1,
      0.05,
      right * 0.86,
      dome - 0.18,
      right,
      dome + 0.04,
      right * 0.75,
    ],
    y,
  );
  return {
    borders: [-rightBorder, leftBorder],
    solid: along([-0.5, 0.9, -0.1, 0.84, 0.2, 0.78], y),
  };
}

/** Height of the diaphragm at x: a dome that falls steeply to the costophrenic angle. */
export function domeAt(a: Anatomy, x: number): number {
  const [peak, center] = x < 0 ? [a.domes[0], -0.32] : [a.domes[1], 0.36];
  const d = Math.abs(x) - Math.abs(center);
  return peak + (d > 0 ? 0.7 * d ** 1.7 + 1.4 * Math.max(0, d - 0.27) ** 1.5 : 0.32 * d * d);
}

/**
 * Depth of lung along the beam at a point, 0 … 1, before heart and findings take their share.
 *
 * @param soft - width of one pixel: edges are no sharper.
 */
export function lungDepth(a: Anatomy, row: Row, x: number, soft: number): number {
  const away = Math.abs(x);
  if (away <= row.inner || away >= row.outer) return 0;
  const half = (row.outer - row.inner) / 2;
  const across = Math.abs(away - row.inner - half) / half;
  const chord = Math.sqrt(Math.max(0, 1 - across * across * across));
  if (row.y < a.domes[x < 0 ? 0 : 1] - soft) return chord;
  const dome = domeAt(a, x);
  const below = row.y - dome;
  // In front of the dome the lung ends; behind it, it reaches lower.
  const front = 1 - smooth(-0.6 * soft, 0.6 * soft + 0.012, below);
  const behind = 0.16 * (1 - smooth(0, 0.16, below));
  return chord * Math.max(front, behind);
}

/** Share of the depth that heart and great vessels take at x. */
export function heartShare(row: Row, x: number): number {
  const border = x < 0 ? row.borders[0] : row.borders[1];
  const u = x / border;
  if (u >= 1) return 0;
  return row.solid * Math.sqrt(1 - u * u) ** 0.9;
}

/** Windpipe and main bronchi: depth of air. */
export function airways(x: number, y: number): number {
  const bend = 0.012 * smooth(-0.6, -0.3, y);
  if (y < -0.2) return 0.2 * tube(x + bend, 0.046) * (1 - 0.5 * smooth(-0.34, -0.2, y));
  const d = y + 0.2;
  const right = tube(x + 0.02 + 0.75 * d, 0.034);
  const left = tube(x - 0.01 - 1.15 * d, 0.032);
  return 0.12 * Math.max(right, left) * (1 - smooth(0, 0.16, d));
}

function tube(x: number, half: number): number {
  return Math.sqrt(Math.max(0, 1 - (x / half) ** 2));
}

/** Fuller shadows where vessels enter the lungs. */
export function hilum(x: number, y: number): number {
  const away = Math.abs(x);
  return 0.17 * bump(away - 0.16, 0.06) * bump(y + (x < 0 ? 0.05 : 0.1), 0.12);
}
