import type { Random } from "@dira/random";

/** The findings that a phantom may have. */
export const PHANTOM_LABELS: readonly string[] = [
  "Nodule",
  "Pneumothorax",
  "Effusion",
  "Cardiomegaly",
];

/** One patient and one exposure. Lengths: half the image is 1; x to the image's right, y down. */
export interface Anatomy {
  readonly labels: readonly boolean[];
  /** Where the frame lies: `[shift x, shift y, scale, tilt]`. */
  readonly frame: readonly [number, number, number, number];
  /** Half-width of the trunk, and its thickness (1: slim). */
  readonly trunk: number;
  readonly thickness: number;
  readonly armGap: number;
  readonly breasts: number;
  /** Of the lungs: apex, half-width of the chest at the bottom, its roundness. */
  readonly apex: number;
  readonly chest: number;
  readonly roundness: number;
  /** Height of the diaphragm on the image's left and right. */
  readonly domes: readonly [number, number];
  /** Heart borders on the image's left and right, and of the aortic knob. */
  readonly heart: readonly [number, number];
  readonly knob: number;
  readonly ribSpacing: number;
  readonly ribDrop: number;
  readonly bone: number;
  readonly clavicles: readonly [number, number];
  readonly scapulae: number;
  readonly bubble: readonly [number, number, number];
  /** Strength of vessels and of the fine pattern. */
  readonly markings: number;
  /** Contrast, brightness, noise, share of scatter. */
  readonly display: readonly [number, number, number, number];
  /** Black borders: left, right, top, bottom. */
  readonly borders: readonly number[];
  readonly portable: boolean;
  /** −1: on the image's left. */
  readonly side: number;
  /** Across the lung (0: inside, 1: outside), y, radius, and what its rim looks like. */
  readonly nodule: readonly [number, number, number, number];
  readonly collapse: number;
  readonly fluid: number;
}

/** Draws a patient; each finding comes with probability 0.25. */
export function drawAnatomy(random: Random): Anatomy {
  const u = (low: number, high: number): number => random.uniform(low, high);
  const labels = PHANTOM_LABELS.map(() => random.bernoulli(0.25));
  const side = random.bernoulli(0.5) ? 1 : -1;
  const portable = random.bernoulli(0.3);
  const chest = u(0.7, 0.79);
  const domeHeight = portable ? u(0.2, 0.4) : u(0.34, 0.54);
  const wide = labels[3] === true ? u(1.45, 1.8) : u(0.88, 1.14);
  const thickness = u(0.86, 1.25);
  return {
    labels,
    side,
    portable,
    chest,
    frame: [u(-0.06, 0.06), u(-0.05, 0.07), u(0.9, 1.09), u(-0.05, 0.05)],
    trunk: chest + 0.05 + 0.13 * (thickness - 0.8) + u(0.02, 0.12),
    thickness,
    armGap: u(0.02, 0.14),
    breasts: random.bernoulli(0.5) ? u(0.1, 0.3) : 0,
    apex: u(-0.83, -0.72),
    roundness: u(2, 2.7),
    domes: [domeHeight, domeHeight + u(0, 0.08)],
    heart: [u(0.11, 0.16) * (0.6 + 0.4 * wide), Math.min(chest - 0.08, u(0.33, 0.4) * wide)],
    knob: u(0.1, 0.16),
    ribSpacing: u(0.118, 0.138),
    ribDrop: u(0.4, 0.56),
    bone: u(0.75, 1.15),
    clavicles: [u(-0.04, 0.05), u(-0.04, 0.05)],
    scapulae: u(0.5, 1),
    bubble: [u(0.28, 0.46), u(0.08, 0.15), random.bernoulli(0.75) ? u(0.3, 0.7) : 0],
    markings: u(0.75, 1.35),
    display: [u(0.78, 1.08), u(-0.06, 0.05), u(0.006, 0.014), u(0.02, 0.1)],
    borders: Array.from({ length: 4 }, () => (random.bernoulli(0.12) ? u(0.01, 0.07) : 0)),
    nodule: [u(0, 1), u(-0.42, domeHeight - 0.12), u(0.032, 0.075), u(0, 6.28)],
    collapse: u(0.06, 0.2),
    fluid: u(0.1, 0.34),
  };
}
