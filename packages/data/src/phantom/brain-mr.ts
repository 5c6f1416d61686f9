import type { Raster } from "@dira/augmentations";
import { createRandom, type Random } from "@dira/random";
import { smooth } from "./curves.ts";
import { addSmoothNoise, grainOf, nextState, quickUniform } from "./noise.ts";
import { type Blob, gridAround, type Grid, visitBlob, voxelsOf } from "./volume.ts";

/** Options of {@link phantomBrainMr}. */
export interface PhantomBrainOptions {
  readonly seed: number;
  /** Number of the patient. */
  readonly index: number;
  /** @defaultValue 0 */
  readonly study?: number;
  /** `[depth, height, width]` @defaultValue [32, 64, 64] */
  readonly shape?: Grid["shape"];
}

/** A procedural FLAIR image of a brain with a tumour. */
export interface PhantomBrainMr {
  /** Signal in the scanner's own scale, 0 outside the brain, `[depth, height, width]`. */
  readonly scan: Raster<Int16Array>;
  /** BraTS's values: 1 necrotic core, 2 oedema, 4 enhancing tumour. */
  readonly tumour: Raster<Uint8Array>;
}

/** Signal of each tissue in FLAIR, where white matter has 1. */
const SIGNAL = { white: 1, grey: 1.22, fluid: 0.28, oedema: 1.75, core: 0.8, rim: 1.5 };

/** Half axes of the brain along x, y, z, in mm. */
const BRAIN = [66, 82, 60] as const;

interface Brain {
  /** Scale of the brain, size of its ventricles, strength of its folds. */
  readonly size: number;
  readonly ventricles: number;
  readonly folds: number;
  /** The scanner's scale and noise, and its uneven sensitivity. */
  readonly gain: number;
  readonly noise: number;
  readonly bias: readonly [number, number, number];
}

/**
 * A brain without its skull as FLAIR shows it: grey matter brighter than white, fluid dark, oedema
 * bright about a tumour with a ring and a necrotic core. Each scan has a scale of its own, as MR has.
 *
 * For tests, demonstrations and debugging; not for diagnosis, nor for judging methods.
 */
export function phantomBrainMr(options: PhantomBrainOptions): PhantomBrainMr {
  const { seed, index, study = 0, shape = [32, 64, 64] } = options;
  const random = createRandom(seed, index, "phantom-brain");
  const brain = drawBrain(random.derive("patient"), random.derive("study", study));
  const spacing = [155 / shape[0], 220 / shape[1], 200 / shape[2]] as const;
  const grid = gridAround([0, 0, 0], shape, spacing);
  const data = drawTissue(grid, brain, random.derive("folds"));
  const tumour = drawTumour(data, grid, brain, random.derive("tumour"));
  const scan = measured(data, grid, brain, random.derive("noise", study));
  const { origin } = grid;
  return {
    scan: { data: scan, shape, spacing, origin },
    tumour: { data: tumour, shape, spacing, origin },
  };
}

function drawBrain(patient: Random, study: Random): Brain {
  const tilt = (): number => study.uniform(-0.0016, 0.0016);
  return {
    size: patient.uniform(0.93, 1.06),
    ventricles: patient.uniform(0.7, 1.5),
    folds: patient.uniform(0.05, 0.08),
    gain: study.uniform(160, 420),
    noise: study.uniform(0.02, 0.05),
    bias: [tilt(), tilt(), tilt()],
  };
}

/** Share of white matter's signal per voxel; 0 outside the brain. */
function drawTissue(grid: Grid, brain: Brain, random: Random): Float32Array {
  const folds = new Float32Array(voxelsOf(grid));
  const cell = grid.spacing.map((mm) => Math.max(1.2, 11 / mm));
  addSmoothNoise(folds, grid.shape, { cell, amount: 1, uniform: quickUniform(random) });
  const [depth, height, width] = grid.shape;
  const [sz, sy, sx] = grid.spacing;
  const radii = BRAIN.map((radius) => radius * brain.size) as [number, number, number];
  for (let k = 0, at = 0; k < depth; k += 1) {
    const z = grid.origin[2] + k * sz;
    for (let j = 0; j < height; j += 1) {
      const y = grid.origin[1] + j * sy;
      let x = grid.origin[0];
      for (let i = 0; i < width; i += 1, at += 1, x += sx) {
        const r = Math.hypot(x / radii[0], y / radii[1], z / radii[2]);
        folds[at] = r > 1.05 ? 0 : tissueAt(brain, r, folds[at] as number, x, y, z);
      }
    }
  }
  return folds;
}

function tissueAt(brain: Brain, r: number, fold: number, x: number, y: number, z: number): number {
  // Furrows between folds, and the cleft between the halves.
  const outer = 1 - r + brain.folds * (fold - 0.2);
  const cleft = z > -25 ? smooth(0.6, 2.6, Math.abs(x)) : 1;
  const surface = smooth(0, 0.035, outer) * (0.35 + 0.65 * cleft);
  if (surface === 0) return 0;
  const furrow = outer < 0.16 && fold < -0.35 ? smooth(-0.35, -0.6, fold) : 0;
  const white = smooth(0.09, 0.13, outer + 0.05 * fold);
  let value = SIGNAL.grey + (SIGNAL.white - SIGNAL.grey) * white;
  // Deep grey matter beside the ventricles.
  const nuclei = Math.hypot((Math.abs(x) - 20) / 9, y / 20, z / 13);
  value += (SIGNAL.grey - value) * 0.7 * (1 - smooth(0.8, 1.1, nuclei));
  value += (SIGNAL.fluid - value) * 0.8 * furrow;
  const bend = Math.abs(x) - 9 - 0.004 * y * y * (y > 0 ? 1.2 : 0.4);
  const size = 6 * brain.ventricles;
  const ventricle = Math.hypot(bend / size, y / 36, (z - 12) / (size + 5));
  value += (SIGNAL.fluid - value) * (1 - smooth(0.85, 1.1, ventricle));
  return value * surface;
}

/** Oedema, then the ring, then the core within. */
function drawTumour(data: Float32Array, grid: Grid, brain: Brain, random: Random): Uint8Array {
  const tumour = new Uint8Array(data.length);
  const side = random.bernoulli(0.5) ? 1 : -1;
  const center = [
    side * random.uniform(24, 42),
    random.uniform(-48, 48),
    random.uniform(-16, 30),
  ] as const;
  const radius = random.uniform(9, 19);
  const phase = random.uniform(0, 6);
  const around = (scale: number, ragged: number): Blob => {
    const axis = (): number => radius * scale * random.uniform(0.85, 1.15) * brain.size;
    return { center, radii: [axis(), axis(), axis()], ragged, phase };
  };
  const parts = [
    [around(random.uniform(1.5, 2.1), 0.16), SIGNAL.oedema, 2],
    [around(1, 0.08), SIGNAL.rim, 4],
    [around(random.uniform(0.45, 0.7), 0.08), SIGNAL.core, 1],
  ] as const;
  for (const [blob, signal, label] of parts) {
    visitBlob(grid, blob, (at, share) => {
      const before = data[at] as number;
      // It stays within the brain, and does not fill the ventricles.
      if (before < 0.6) return;
      data[at] = before + (signal - before) * share;
      if (share >= 0.5) tumour[at] = label;
    });
  }
  return tumour;
}

function measured(data: Float32Array, grid: Grid, brain: Brain, random: Random): Int16Array {
  const out = new Int16Array(new SharedArrayBuffer(2 * data.length));
  const [depth, height, width] = grid.shape;
  const [bx, by, bz] = brain.bias;
  let state = random.integer(1, 2 ** 32) | 0;
  for (let k = 0, at = 0; k < depth; k += 1) {
    const z = grid.origin[2] + k * grid.spacing[0];
    for (let j = 0; j < height; j += 1) {
      const y = grid.origin[1] + j * grid.spacing[1];
      for (let i = 0; i < width; i += 1, at += 1) {
        const value = data[at] as number;
        if (value === 0) continue;
        state = nextState(state);
        const x = grid.origin[0] + i * grid.spacing[2];
        const sensed = value * (1 + bx * x + by * y + bz * z) + brain.noise * grainOf(state);
        out[at] = Math.max(1, Math.round(brain.gain * sensed));
      }
    }
  }
  return out;
}
