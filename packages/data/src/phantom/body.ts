import type { Anatomy } from "./anatomy.ts";
import { bump, smooth } from "./canvas.ts";

/** What a row of the body has in common. */
export interface BodyRow {
  readonly y: number;
  readonly shoulders: number;
  readonly width: number;
  readonly belly: number;
  readonly neck: number;
}

export function bodyRowOf(a: Anatomy, y: number): BodyRow {
  const shoulders = smooth(-0.28, -0.62, y);
  return {
    y,
    shoulders,
    width: a.trunk + 0.36 * shoulders,
    belly: a.thickness * (1 + 0.14 * smooth(0.3, 0.9, y)),
    neck: 0.58 * smooth(-0.45, -0.75, y),
  };
}

/** Depth of the body along the beam; 1 is a slim chest's. */
export function bodyDepth(a: Anatomy, row: BodyRow, x: number): number {
  const { y, shoulders } = row;
  const away = Math.abs(x);
  let depth = 0;
  if (away < row.width) {
    const u = away / row.width;
    depth = row.belly * Math.sqrt(1 - u * u * Math.sqrt(u));
    if (shoulders > 0) {
      // Shoulders rise to the neck; they are less deep than the chest.
      const top = -1.02 + 0.3 * smooth(0.2, 0.9, away) + 0.25 * Math.max(0, away - 0.9);
      const below = Math.min(1, Math.max(0, (y - top) / 0.3));
      depth *= Math.sqrt(below) * (1 - 0.34 * shoulders * smooth(0.35, 0.75, away));
    }
  }
  if (row.neck > 0 && away < 0.3) {
    depth = Math.max(depth, row.neck * Math.sqrt(1 - (away / 0.3) ** 2));
  }
  if (y > -0.75 && away > a.trunk) depth = Math.max(depth, arm(a, away, y));
  return depth + (a.breasts === 0 || y < -0.3 ? 0 : breast(a, away, y));
}

function arm(a: Anatomy, away: number, y: number): number {
  const center = a.trunk + a.armGap + 0.17 + 0.1 * smooth(-0.4, 0.6, y);
  const d = (away - center) / 0.17;
  return Math.abs(d) >= 1 ? 0 : 0.4 * Math.sqrt(1 - d * d) * smooth(-0.75, -0.3, y);
}

function breast(a: Anatomy, away: number, y: number): number {
  const [cx, cy] = [a.chest * 0.6, 0.16 + 0.5 * a.breasts];
  const [dx, dy] = [(away - cx) / (0.26 + 0.4 * a.breasts), (y - cy) / (0.3 + 0.3 * a.breasts)];
  const inside = 1 - dx * dx - dy * dy;
  // Full below, running out above.
  return inside <= 0 ? 0 : a.breasts * 1.15 * Math.sqrt(inside) * smooth(-1.1, 0.4, dy);
}

/** Gas in stomach and bowel, under the diaphragm: depth of air. */
export function bellyGas(a: Anatomy, x: number, y: number): number {
  const [cx, radius, amount] = a.bubble;
  const cy = a.domes[1] + radius + 0.03;
  if (y < cy - 1.2 * radius) return 0;
  const [dx, dy] = [(x - cx) / (1.5 * radius), (y - cy) / radius];
  const stomach = amount * 0.45 * (1 - smooth(0.3, 1.1, dx * dx + dy * dy));
  const bowel = y < 0.6 ? 0 : 0.09 * bump(x - 0.1 + a.armGap, 0.16) * bump(y - 0.88, 0.11);
  return stomach + bowel;
}
