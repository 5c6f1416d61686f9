import { createRandom, type Random } from "@dira/random";
import type { GreyImage, ImageSet } from "./image.ts";

/** The findings that a phantom may have. */
export const PHANTOM_LABELS: readonly string[] = [
  "Nodule",
  "Pneumothorax",
  "Effusion",
  "Cardiomegaly",
];

/** A procedural chest X-ray with what is on it. */
export interface PhantomXray {
  /** Intensities in [0, 1], `[size, size]`; bright where more is absorbed. */
  readonly data: Float32Array;
  readonly size: number;
  /** Per entry of {@link PHANTOM_LABELS}. */
  readonly labels: readonly number[];
  /** 1 within the lungs. */
  readonly lungs: Uint8Array;
  /** 1 within a nodule or pneumothorax. */
  readonly lesions: Uint8Array;
  /** `[x, y, width, height]` in pixels, of each lesion. */
  readonly boxes: readonly (readonly number[])[];
}

interface Anatomy {
  readonly tilt: number;
  readonly body: number;
  readonly lungWidth: number;
  readonly lungTop: number;
  readonly domes: readonly [number, number];
  readonly heart: number;
  readonly ribs: number;
  readonly contrast: number;
  readonly exposure: number;
  readonly labels: readonly boolean[];
  readonly nodule: readonly [number, number, number];
  readonly side: number;
  readonly depth: number;
  readonly texture: readonly (readonly [number, number, number, number])[];
  readonly vessels: readonly (readonly [number, number, number, number])[];
}

function drawAnatomy(random: Random): Anatomy {
  const u = (low: number, high: number): number => random.uniform(low, high);
  const labels = PHANTOM_LABELS.map(() => random.bernoulli(0.3));
  const side = random.bernoulli(0.5) ? 1 : -1;
  return {
    tilt: u(-0.05, 0.05),
    body: u(0.86, 1.02),
    lungWidth: u(0.29, 0.35),
    lungTop: u(-0.78, -0.66),
    domes: [u(0.38, 0.52), u(0.44, 0.58)],
    heart: labels[3] === true ? u(0.5, 0.58) : u(0.34, 0.42),
    ribs: u(0.125, 0.15),
    contrast: u(0.85, 1.2),
    exposure: u(-0.05, 0.05),
    labels,
    nodule: [side * u(0.3, 0.5), u(-0.35, 0.25), u(0.035, 0.07)],
    side,
    depth: u(0.06, 0.14),
    texture: Array.from({ length: 14 }, () => [u(2, 26), u(2, 26), u(0, 6.3), u(0.3, 1)] as const),
    vessels: Array.from(
      { length: 22 },
      (_, i) => [i % 2 === 0 ? 1 : -1, u(-1.25, 1.25), u(0.2, 0.52), u(0.006, 0.016)] as const,
    ),
  };
}

const smooth = (edge0: number, edge1: number, x: number): number => {
  const t = Math.min(1, Math.max(0, (x - edge0) / (edge1 - edge0)));
  return t * t * (3 - 2 * t);
};
const bump = (x: number, width: number): number => Math.exp(-((x / width) ** 2));

/**
 * A frontal chest X-ray made from a seed: body, lungs with vessels, ribs, clavicles, spine, heart and
 * diaphragm as thicknesses along the beam, turned into grey by an exponential, with noise; findings by
 * chance. Not for diagnosis, nor for judging methods: for tests, demonstrations and debugging.
 *
 * @param seed - of the whole set. @param index - of the image in it. @param size - pixels per side.
 */
export function phantomXray(seed: number, index: number, size: number): PhantomXray {
  const random = createRandom(seed, index, "phantom-xray");
  const anatomy = drawAnatomy(random.derive("anatomy"));
  const noise = new Float32Array(size * size);
  random.derive("noise").fillNormal(noise, 0, 0.012);
  const data = new Float32Array(size * size);
  const lungs = new Uint8Array(size * size);
  const lesions = new Uint8Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const [px, py] = [((column + 0.5) / size) * 2 - 1, ((row + 0.5) / size) * 2 - 1];
      const x = px + anatomy.tilt * py;
      const at = row * size + column;
      const lung = lungAt(anatomy, x, py);
      const lesion = lesionAt(anatomy, x, py) * lung;
      lungs[at] = lung > 0.5 ? 1 : 0;
      lesions[at] = lesion > 0.5 ? 1 : 0;
      const thickness = tissueAt(anatomy, x, py, lung) + boneAt(anatomy, x, py);
      const grey = 1 - Math.exp(-1.15 * anatomy.contrast * thickness);
      data[at] = Math.min(1, Math.max(0, grey + anatomy.exposure * 0.5 + (noise[at] ?? 0)));
    }
  }
  const labels = anatomy.labels.map(Number);
  return { data, size, labels, lungs, lesions, boxes: boxesOf(lesions, size) };
}

/** How much of the beam at a point passes lung, 0 … 1. */
function lungAt(a: Anatomy, x: number, y: number): number {
  const right = x < 0;
  const center = right ? -0.4 : 0.41;
  const dome = (right ? a.domes[0] : a.domes[1]) + 0.22 * Math.abs(x - center * 0.8) ** 1.4;
  const effusion =
    a.labels[2] === true && Math.sign(x) === a.side
      ? 0.22 * smooth(0.25, 0.75, Math.abs(x)) + 0.1
      : 0;
  const apex = smooth(
    a.lungTop,
    a.lungTop + 0.1,
    y - 0.55 * Math.max(0, Math.abs(x - center * 0.85) - 0.08),
  );
  const base = 1 - smooth(dome - effusion - 0.03, dome - effusion + 0.02, y);
  const width = a.lungWidth * (0.62 + 0.42 * smooth(-0.8, 0.2, y));
  const lateral = 1 - smooth(width - 0.02, width + 0.03, Math.abs(x - center));
  return apex * base * lateral;
}

/** Soft tissue: body, mediastinum, heart, abdomen, lung markings. */
function tissueAt(a: Anatomy, x: number, y: number, lung: number): number {
  const trunk = a.body * (0.8 + 0.2 * smooth(-0.95, -0.45, y)) - 0.3 * smooth(-0.6, -1, y);
  const body = 1 - smooth(trunk - 0.05, trunk + 0.03, Math.abs(x));
  const heartX = x - 0.1;
  const heart =
    1 -
    smooth(
      0.8,
      1.08,
      Math.hypot(heartX / (a.heart * (heartX > 0 ? 1 : 0.62)), (y - 0.24 + 0.25 * heartX) / 0.36),
    );
  const mediastinum = bump(x, 0.13) + 0.5 * bump(x - 0.11, 0.06) * bump(y + 0.3, 0.12);
  const hila = 0.35 * (bump(Math.abs(x) - 0.2, 0.07) * bump(y + 0.06, 0.14));
  const abdomen = smooth(0.35, 0.75, y) * 0.35;
  const bubble = bump(x - 0.42, 0.1) * bump(y - 0.82, 0.07) * 0.5;
  const solid = 0.72 + abdomen - bubble + 0.3 * bump(x, 0.5);
  const aired =
    0.2 +
    markings(a, x, y) +
    0.42 * lesionAt(a, x, y) * (a.labels[0] === true ? 1 : 0) -
    collapse(a, x, y);
  const through = lung * aired + (1 - lung) * solid;
  return (
    body *
    (through + 0.62 * Math.max(0, heart) * (0.3 + 0.7 * lung) + 0.42 * mediastinum + hila * lung)
  );
}

/** Vessels that branch from the hila and a fine texture that fades to the periphery. */
function markings(a: Anatomy, x: number, y: number): number {
  const [ox, oy] = [Math.sign(x) * 0.2, -0.05];
  const [distance, angle] = [Math.hypot(x - ox, y - oy), Math.atan2(y - oy, Math.abs(x) - 0.2)];
  let sum = 0;
  for (const [side, direction, length, width] of a.vessels) {
    if (side !== Math.sign(x) || distance > length) continue;
    const off = Math.abs(angle - direction - 0.5 * distance) * distance;
    sum +=
      0.16 *
      bump(off, width * (1.2 - distance)) *
      (1 - distance / length) *
      smooth(0, 0.1, distance);
  }
  const texture = a.texture.reduce(
    (t, [fx, fy, phase, weight]) => t + weight * Math.sin(fx * x + fy * y + phase),
    0,
  );
  return sum + 0.012 * texture * bump(distance, 0.7);
}

/** Air without markings outside a collapsed lung. */
function collapse(a: Anatomy, x: number, y: number): number {
  return pneumothorax(a, x, y) * (0.12 + markings(a, x, y));
}

function pneumothorax(a: Anatomy, x: number, y: number): number {
  if (a.labels[1] !== true || Math.sign(x) !== a.side) return 0;
  const width = a.lungWidth * (0.62 + 0.42 * smooth(-0.8, 0.2, y));
  return (
    smooth(width - a.depth - 0.01, width - a.depth, Math.abs(Math.abs(x) - 0.4)) *
    (Math.abs(x) > 0.4 ? 1 : 0) *
    (1 - smooth(0, 0.3, y))
  );
}

function lesionAt(a: Anatomy, x: number, y: number): number {
  const [nx, ny, radius] = a.nodule;
  const nodule =
    a.labels[0] === true ? 1 - smooth(radius * 0.75, radius * 1.1, Math.hypot(x - nx, y - ny)) : 0;
  return Math.max(nodule, pneumothorax(a, x, y));
}

/** Ribs behind and before, clavicles, spine with its discs, shoulder blades. */
function boneAt(a: Anatomy, x: number, y: number): number {
  const away = Math.abs(x);
  const cage = 1 - smooth(0.74, 0.82, away / a.body);
  let bone = 0;
  for (let rib = 0; rib < 10; rib += 1) {
    const root = -0.86 + rib * a.ribs;
    const behind =
      y - (root + 0.5 * away * away - 0.12 * Math.sin(Math.min(away, 0.5) * 3.1) + 0.1 * away);
    bone += 0.14 * ridge(behind, 0.026) * cage * smooth(0.06, 0.12, away);
    const before =
      y - (root + 0.34 - 0.42 * (away - 0.2) + 0.5 * (away - 0.2) ** 2 * -1 + 0.25 * away);
    if (rib < 7) bone += 0.065 * ridge(before, 0.03) * cage * smooth(0.2, 0.34, away);
  }
  const clavicle = y + 0.68 + 0.13 * away + 0.05 * Math.sin(away * 6);
  bone += 0.22 * ridge(clavicle, 0.03) * smooth(0.06, 0.1, away) * (1 - smooth(0.68, 0.78, away));
  bone += 0.2 * bump(x, 0.085) * (0.75 + 0.25 * Math.cos(y * 44));
  bone += 0.16 * smooth(0.7, 0.78, away) * (1 - smooth(0.86, 0.95, away)) * bump(y + 0.5, 0.3);
  return bone;
}

/** A tube seen from the side: brighter at its walls than in the middle. */
function ridge(distance: number, half: number): number {
  const d = Math.abs(distance) / half;
  return d > 1.3 ? 0 : (0.72 + 0.5 * bump(d - 0.85, 0.25)) * (1 - smooth(0.9, 1.25, d));
}

/** The bounding boxes of the connected parts of a mask, as one box per half of the image. */
function boxesOf(mask: Uint8Array, size: number): number[][] {
  return [0, 1].flatMap((half) => {
    let [left, top, right, bottom] = [size, size, -1, -1];
    for (let at = 0; at < mask.length; at += 1) {
      const [x, y] = [at % size, Math.floor(at / size)];
      if (mask[at] !== 1 || (x >= size / 2 ? 1 : 0) !== half) continue;
      [left, top, right, bottom] = [
        Math.min(left, x),
        Math.min(top, y),
        Math.max(right, x),
        Math.max(bottom, y),
      ];
    }
    return right < 0 ? [] : [[left, top, right - left + 1, bottom - top + 1]];
  });
}

/** A set of phantom X-rays, each its own patient. */
export function phantomXrays(options: {
  readonly count: number;
  readonly seed: number;
  /** Number of the first image: sets that do not overlap share no patient. @defaultValue 0 */
  readonly first?: number;
}): ImageSet {
  const { count, seed, first = 0 } = options;
  return {
    name: `${count} phantom X-rays`,
    length: count,
    id: (index) => `phantom-${first + index}`,
    patient: (index) => String(first + index),
    labelNames: PHANTOM_LABELS,
    labels: (index) => phantomXray(seed, first + index, 8).labels,
    read: (index, side): Promise<GreyImage> => {
      const { data } = phantomXray(seed, first + index, side);
      const values = new Uint16Array(new SharedArrayBuffer(2 * data.length));
      for (let i = 0; i < data.length; i += 1) values[i] = Math.round((data[i] ?? 0) * 65535);
      return Promise.resolve({ data: values, shape: [side, side] });
    },
  };
}
