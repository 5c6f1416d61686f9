import type { Random } from "@dira/random";
import type { Anatomy } from "./anatomy.ts";
import type { Canvas } from "./canvas.ts";
import { bump, smooth } from "./curves.ts";
import { bordersAt, domeAt, type Lungs, outerAt } from "./lungs.ts";
import { drawBall, drawCloud, pixelsWithin } from "./opacities.ts";

/** What findings change. */
export interface Chest {
  /** Depth of soft tissue. */
  readonly soft: Canvas;
  readonly lungs: Lungs;
  /** Vessels and pattern, which air shows. */
  readonly markings: Float32Array;
}

type Draw = (chest: Chest, a: Anatomy, random: Random, mask: Uint8Array) => void;

/** Draws a finding of an anatomy, and returns where it is: 1 within, `[size, size]`. */
export function drawFinding(chest: Chest, a: Anatomy, label: string, random: Random): Uint8Array {
  const mask = new Uint8Array(chest.markings.length);
  DRAWN[label]?.(chest, a, random.derive(label), mask);
  return mask;
}

const DRAWN: Readonly<Record<string, Draw>> = {
  Effusion: drawEffusion,
  Pneumothorax: drawPneumothorax,
  Nodule: (chest, a, random, mask) => drawLesion(chest, a, random, mask, [0.032, 0.075]),
  Mass: (chest, a, random, mask) => drawLesion(chest, a, random, mask, [0.1, 0.17]),
  Infiltration: (chest, a, random, mask) => {
    drawPatch(chest, a, random, mask, { radius: [0.11, 0.18], density: 0.15, ragged: 0.6 });
  },
  Pneumonia: (chest, a, random, mask) => {
    drawPatch(chest, a, random, mask, { radius: [0.13, 0.2], density: 0.24, ragged: 0.45 });
  },
  Consolidation: (chest, a, random, mask) => {
    drawPatch(chest, a, random, mask, { radius: [0.15, 0.25], density: 0.38, ragged: 0.2 });
  },
  Atelectasis: drawAtelectasis,
  Edema: (chest, a, random, mask) => {
    for (const side of [-1, 1]) {
      const shape = { x: side * 0.3, y: -0.02, radii: [0.2, 0.3], tilt: 0 } as const;
      drawCloud(chest, mask, random, { ...shape, density: 0.17, ragged: 0.4 });
    }
  },
  Fibrosis: (chest, a, random, mask) => {
    for (const side of [-1, 1]) {
      const y = (a.domes[side < 0 ? 0 : 1] as number) - 0.08;
      const shape = { x: side * (a.chest - 0.2), y, radii: [0.24, 0.26], tilt: 0 } as const;
      drawCloud(chest, mask, random, { ...shape, density: 0.13, ragged: 0.3, net: true });
    }
  },
  Pleural_Thickening: drawThickening,
  Hernia: drawHernia,
  Cardiomegaly: ({ lungs }, _a, _random, mask) => mask.set(lungs.heart),
  Emphysema: ({ lungs }, _a, _random, mask) => {
    for (let i = 0; i < mask.length; i += 1) mask[i] = lungs.mask[i] === 0 ? 0 : 1;
  },
};

/** Findings that change the lungs' air: drawn before it is taken out of the depth, all others after. */
export const AIR_FINDINGS: readonly string[] = ["Effusion", "Pneumothorax"];

const sideOf = (random: Random): -1 | 1 => (random.bernoulli(0.5) ? 1 : -1);

/** A round lesion beside the heart, with an uneven rim. */
function drawLesion(
  chest: Chest,
  a: Anatomy,
  random: Random,
  mask: Uint8Array,
  radii: readonly [number, number],
): void {
  const side = sideOf(random);
  const radius = random.uniform(...radii);
  const dome = a.domes[side < 0 ? 0 : 1];
  const y = random.uniform(-0.42, dome - 0.06 - radius);
  const border = Math.abs(bordersAt(a, y)[side < 0 ? 0 : 1]);
  const inside = Math.max(0.2, border + 0.5 * radius);
  const outside = Math.max(inside, outerAt(a, y) - 1.1 * radius);
  const x = side * random.uniform(inside, outside);
  drawBall(chest, mask, { x, y, radius, phase: random.uniform(0, 6.28) });
}

/** A patch in one lung, anywhere below the apex. */
function drawPatch(
  chest: Chest,
  a: Anatomy,
  random: Random,
  mask: Uint8Array,
  kind: { readonly radius: readonly [number, number]; density: number; ragged: number },
): void {
  const side = sideOf(random);
  const radii = [random.uniform(...kind.radius), random.uniform(...kind.radius)] as const;
  const y = random.uniform(-0.4, a.domes[side < 0 ? 0 : 1] - 0.1);
  const outer = outerAt(a, y);
  const x = side * random.uniform(0.28, Math.max(0.3, outer - 0.7 * radii[0]));
  const { density, ragged } = kind;
  drawCloud(chest, mask, random, { x, y, radii, tilt: random.uniform(-1, 1), density, ragged });
}

/** A plate of collapsed lung above a raised diaphragm. */
function drawAtelectasis(chest: Chest, a: Anatomy, random: Random, mask: Uint8Array): void {
  const side = sideOf(random);
  const x = side * random.uniform(0.38, 0.5);
  const y = domeAt(a, x) - random.uniform(0.08, 0.2);
  const radii = [random.uniform(0.18, 0.26), random.uniform(0.028, 0.05)] as const;
  const tilt = side * random.uniform(-0.5, 0.2);
  drawCloud(chest, mask, random, { x, y, radii, tilt, density: 0.34, ragged: 0.12 });
}

/** Air without lung between lung and chest wall, wide at the apex, and the lung's own thin pleura. */
function drawPneumothorax(chest: Chest, a: Anatomy, random: Random, mask: Uint8Array): void {
  const { soft: canvas, lungs, markings } = chest;
  const side = sideOf(random);
  const collapse = random.uniform(0.06, 0.2);
  const soft = 1 / canvas.unit;
  const line = Math.max(0.006, 0.6 * soft);
  let row = NaN;
  let outer = 0;
  pixelsWithin(canvas, [-1, 0.33, 0, side], (at, x, y) => {
    if (y !== row) [row, outer] = [y, outerAt(a, y)];
    const gap = collapse * smooth(0.34, -0.55, y);
    const distance = outer - Math.abs(x) - gap;
    const air = lungs.air[at] as number;
    if (air === 0 || gap < 0.004 || distance > 4 * line) return;
    const free = 1 - smooth(-0.5 * soft, 0.5 * soft, distance);
    const depth = canvas.data[at] as number;
    const taken = 0.12 * free * air * Math.min(depth, 1.1);
    canvas.data[at] = depth - taken + 0.06 * bump(distance, line);
    markings[at] = (markings[at] as number) * (1 - free);
    if (free > 0.5 && lungs.mask[at] !== 0) mask[at] = 1;
  });
}

/** Fluid above the diaphragm: its level climbs towards the chest wall. */
function drawEffusion(chest: Chest, a: Anatomy, random: Random, mask: Uint8Array): void {
  const { soft: canvas, lungs } = chest;
  const side = sideOf(random);
  const fluid = random.uniform(0.1, 0.34);
  const peak = domeAt(a, side * 0.34);
  pixelsWithin(canvas, [peak - fluid - 0.06, 1.2, 0, side], (at, x, y) => {
    const air = lungs.air[at] as number;
    if (air === 0) return;
    const climb = smooth(0.05, 0.8, Math.abs(x));
    const level = peak + 0.03 - fluid * (0.35 + 0.65 * climb * Math.sqrt(climb));
    const share = smooth(level - 0.07, level + 0.07, y);
    lungs.air[at] = air * (1 - share);
    if (share > 0.5 && air > 0.1) mask[at] = 1;
  });
}

/** A rind along the chest wall. */
function drawThickening(chest: Chest, a: Anatomy, random: Random, mask: Uint8Array): void {
  const side = sideOf(random);
  const [thick, top] = [random.uniform(0.035, 0.06), random.uniform(-0.5, -0.1)];
  const bottom = top + random.uniform(0.35, 0.6);
  const { data } = chest.soft;
  pixelsWithin(chest.soft, [top, bottom, 0, side], (at, x, y) => {
    const end = smooth(top, top + 0.12, y) * smooth(bottom, bottom - 0.12, y);
    const distance = outerAt(a, y) - Math.abs(x);
    const share = 1 - smooth(0.6 * thick * end, thick * end, distance);
    if (share === 0 || distance < 0 || (chest.lungs.air[at] as number) === 0) return;
    data[at] = (data[at] as number) + 0.22 * share;
    if (share > 0.5) mask[at] = 1;
  });
}

/** A part of the stomach behind the heart, with gas above fluid. */
function drawHernia(chest: Chest, a: Anatomy, random: Random, mask: Uint8Array): void {
  const radius = random.uniform(0.11, 0.17);
  const [cx, cy] = [random.uniform(0.02, 0.12), a.domes[1] - 0.05 - radius];
  const level = cy - random.uniform(-0.2, 0.4) * radius;
  const { data } = chest.soft;
  pixelsWithin(chest.soft, [cy - radius, cy + radius, cx - radius, cx + radius], (at, x, y) => {
    const inside = 1 - ((x - cx) ** 2 + (y - cy) ** 2) / radius ** 2;
    if (inside <= 0) return;
    const wall = 0.1 * bump(inside, 0.25);
    const share = y < level ? -0.16 * Math.sqrt(inside) : 0.1;
    data[at] = (data[at] as number) + wall + share;
    mask[at] = 1;
  });
}
