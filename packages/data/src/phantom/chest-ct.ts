import { createRandom } from "@dira/random";
import type { Raster } from "@dira/augmentations";
import { type CtBody, drawCtBody } from "./ct-body.ts";
import { type CtScene, type CtSceneOptions, ctSceneOf } from "./ct-scene.ts";
import { addSmoothNoise, grainOf, nextState, quickUniform } from "./noise.ts";
import { blend, coverTubes, type Grid, visitBlob, voxelsOf } from "./volume.ts";

/** Findings of {@link PhantomCt.findings}, by value. */
export const CT_FINDINGS: readonly string[] = ["nodule", "embolus", "liver lesion"];

/** A procedural chest CT with what is in it. */
export interface PhantomCt {
  /** Hounsfield units, `[depth, height, width]`, in memory that workers share. */
  readonly scan: Raster<Int16Array>;
  /** By value: 1 left lung, 2 right lung, 3 heart, 4 liver. */
  readonly organs: Raster<Uint8Array>;
  /** By value: 1 nodule, 2 embolus, 3 liver lesion. */
  readonly findings: Raster<Uint8Array>;
}

/** The whole chest, from the liver to the neck: 360 × 270 × 368 mm. */
export function chestGrid(shape: Grid["shape"]): Grid {
  const [depth, height, width] = shape;
  const spacing = [368 / depth, 270 / height, 360 / width] as const;
  return {
    shape,
    spacing,
    origin: [-180 + spacing[2] / 2, -140 + spacing[1] / 2, -218 + spacing[0] / 2],
  };
}

/**
 * A chest CT made from numbers, in Hounsfield units: skin, fat, muscle, ribs, spine, lungs with vessels
 * and airways, heart, aorta, diaphragm, liver, spleen and stomach; where asked for, contrast medium,
 * nodules, clots in vessels and liver lesions. Edges are as blurred as the voxels are large; noise is
 * the scanner's.
 *
 * For tests, demonstrations and debugging; not for diagnosis, nor for judging methods.
 *
 * @param grid - where its voxels lie. @defaultValue the whole chest in 32 × 64 × 64 voxels
 */
export function phantomChestCt(
  options: CtSceneOptions,
  grid: Grid = chestGrid([32, 64, 64]),
): PhantomCt {
  return renderCt(ctSceneOf(options), grid, options);
}

/** Draws a scene on a grid. */
export function renderCt(
  scene: CtScene,
  grid: Grid,
  { seed, index, study = 0 }: CtSceneOptions,
): PhantomCt {
  const { a } = scene;
  const body = drawCtBody(grid, a);
  const cover = new Float32Array(body.data.length);
  const tubes = (segments: ArrayLike<number>, value: number): void => {
    cover.fill(0);
    coverTubes(cover, grid, segments);
    blend(body.data, cover, value);
  };
  tubes(scene.bones, a.bone);
  // Marrow within the dense rind.
  tubes(thinner(scene.bones, 2), 0.4 * a.bone);
  tubes(scene.vessels, a.blood);
  tubes(scene.aorta, a.blood);
  if (scene.liverVessels.length > 0) tubes(scene.liverVessels, a.liver + 45);
  tubes(scene.airways, 0);
  tubes(thinner(scene.airways, 1.4), -985);
  const findings = drawFindings(body, scene, grid, cover);
  addTexture(body, grid, a.noise, [seed, index, study]);
  const { shape, spacing, origin } = grid;
  const place = { shape, spacing, origin };
  return {
    scan: { data: rounded(body.data), ...place },
    organs: { data: body.organs, ...place },
    findings: { data: findings, ...place },
  };
}

function thinner(segments: ArrayLike<number>, by: number): Float32Array {
  return Float32Array.from(segments, (value, i) =>
    i % 7 === 6 ? Math.max(0.4, value - by) : value,
  );
}

function drawFindings(body: CtBody, scene: CtScene, grid: Grid, cover: Float32Array): Uint8Array {
  const findings = new Uint8Array(voxelsOf(grid));
  const kinds = [scene.nodules, [], scene.liverLesions];
  kinds.forEach((lesions, kind) => {
    for (const lesion of lesions) {
      visitBlob(grid, lesion, (at, share) => {
        const value = body.data[at] as number;
        body.data[at] = value + (lesion.value - value) * share;
        if (share >= 0.5) findings[at] = kind + 1;
      });
    }
  });
  for (const embolus of scene.emboli) {
    cover.fill(0);
    coverTubes(cover, grid, embolus);
    blend(body.data, cover, 45);
    for (let i = 0; i < cover.length; i += 1) if ((cover[i] as number) >= 0.5) findings[i] = 2;
  }
  return findings;
}

/** The uneven lung and the scanner's noise. */
function addTexture(
  { data, organs }: CtBody,
  grid: Grid,
  noise: number,
  key: readonly number[],
): void {
  const random = createRandom(...key, "phantom-ct-texture");
  const uniform = quickUniform(random.derive("pattern"));
  const pattern = new Float32Array(data.length);
  const cell = grid.spacing.map((mm) => Math.max(1.5, 9 / mm));
  addSmoothNoise(pattern, grid.shape, { cell, amount: 1, uniform });
  let state = random.integer(1, 2 ** 32) | 0;
  for (let i = 0; i < data.length; i += 1) {
    state = nextState(state);
    const organ = organs[i] as number;
    const amount = organ === 1 || organ === 2 ? 34 : 9;
    const value = data[i] as number;
    data[i] = value + noise * grainOf(state) + (value > -990 ? amount * (pattern[i] as number) : 0);
  }
}

/** Whole numbers of the scanner's range. */
function rounded(data: Float32Array): Int16Array {
  const out = new Int16Array(new SharedArrayBuffer(2 * data.length));
  for (let i = 0; i < data.length; i += 1) {
    out[i] = Math.max(-1024, Math.min(3071, Math.round(data[i] as number)));
  }
  return out;
}
