import type { Anatomy } from "./anatomy.ts";
import { bump, smooth } from "./canvas.ts";
import { domeAt, outerAt, type Row } from "./lungs.ts";

/** Depth of solid tissue that a nodule adds: a ball with an uneven rim. */
export function noduleAt(a: Anatomy, x: number, y: number): number {
  if (a.labels[0] !== true) return 0;
  const [across, cy, radius, phase] = a.nodule;
  const dy = y - cy;
  if (Math.abs(dy) > 1.4 * radius) return 0;
  const [inside, outside] = [0.2, outerAt(a, cy) - 1.2 * radius];
  const dx = x - a.side * (inside + across * (outside - inside));
  if (Math.abs(dx) > 1.4 * radius) return 0;
  const angle = Math.atan2(dy, dx);
  const rim = 1 + 0.1 * Math.sin(3 * angle + phase) + 0.06 * Math.sin(7 * angle + 2 * phase);
  const d = Math.hypot(dx, dy) / (radius * rim);
  return d >= 1 ? 0 : 2.6 * radius * Math.sqrt(1 - d * d);
}

/** Share of air without lung between lung and chest wall, 0 … 1: wide at the apex, none below. */
export function pneumothoraxAt(a: Anatomy, row: Row, x: number, soft: number): number {
  if (a.labels[1] !== true || x * a.side <= 0) return 0;
  return 1 - smooth(-0.5 * soft, 0.5 * soft, pleuraDistance(a, row, x));
}

/** The thin white line of the lung's own pleura. */
export function pleuraAt(a: Anatomy, row: Row, x: number, soft: number): number {
  if (a.labels[1] !== true || x * a.side <= 0 || row.y > 0.3) return 0;
  return 0.06 * bump(pleuraDistance(a, row, x), Math.max(0.006, 0.6 * soft));
}

function pleuraDistance(a: Anatomy, row: Row, x: number): number {
  const gap = a.collapse * smooth(0.34, -0.55, row.y);
  return row.outer - Math.abs(x) - (gap < 0.004 ? -1 : gap);
}

/** Share of the lung that fluid has taken, 0 … 1: its level climbs towards the chest wall. */
export function effusionAt(a: Anatomy, row: Row, x: number): number {
  if (a.labels[2] !== true || x * a.side <= 0) return 0;
  const peak = domeAt(a, a.side * 0.34);
  const climb = smooth(0.05, 0.8, Math.abs(x)) ** 1.5;
  const level = peak + 0.03 - a.fluid * (0.35 + 0.65 * climb);
  return smooth(level - 0.07, level + 0.07, row.y);
}
