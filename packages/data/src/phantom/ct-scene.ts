import { createRandom, type Random } from "@dira/random";
import { cageAt, type CtAnatomy, drawCtAnatomy, liverDepth, lungDepth } from "./ct-anatomy.ts";
import { airwaysOf, aortaOf, bonesOf, liverVesselsOf, lungVesselsOf } from "./ct-tubes.ts";
import { quickUniform } from "./noise.ts";
import { type Point, SEGMENT } from "./tree.ts";
import type { Blob } from "./volume.ts";

/** A patient whose CT can be drawn on any grid. */
export interface CtScene {
  readonly a: CtAnatomy;
  readonly bones: ArrayLike<number>;
  readonly aorta: ArrayLike<number>;
  readonly airways: ArrayLike<number>;
  readonly vessels: ArrayLike<number>;
  readonly liverVessels: ArrayLike<number>;
  readonly nodules: readonly CtLesion[];
  readonly liverLesions: readonly CtLesion[];
  /** Runs of segments within vessels. */
  readonly emboli: readonly ArrayLike<number>[];
}

/** A solid lesion, and its Hounsfield units. */
interface CtLesion extends Blob {
  readonly value: number;
}

/** What a phantom CT shows; see {@link phantomChestCt}. */
export interface CtSceneOptions {
  readonly seed: number;
  /** Number of the patient. */
  readonly index: number;
  /** @defaultValue 0 */
  readonly study?: number;
  /** Contrast medium in the vessels. @defaultValue false */
  readonly contrast?: boolean;
  /** How many there are. @defaultValue 0 of each */
  readonly nodules?: number;
  readonly emboli?: number;
  readonly liverLesions?: number;
}

export function ctSceneOf(options: CtSceneOptions): CtScene {
  const { seed, index, study = 0, contrast = false } = options;
  const random = createRandom(seed, index, "phantom-ct");
  const a = drawCtAnatomy(random.derive("patient"), random.derive("study", study), contrast);
  const uniform = quickUniform(random.derive("tubes"));
  const vessels = Float32Array.from(lungVesselsOf(a, uniform));
  const many = <T>(count: number, name: string, draw: (random: Random) => T): T[] =>
    Array.from({ length: count }, (_, i) => draw(random.derive(name, i)));
  const liver = (x: number, y: number, z: number): boolean => liverDepth(a, x, y, z) > 2;
  const hasLiver = options.liverLesions !== undefined || contrast;
  return {
    a,
    vessels,
    bones: bonesOf(a),
    aorta: aortaOf(a),
    airways: airwaysOf(a, uniform),
    liverVessels: hasLiver ? liverVesselsOf(a, uniform, liver) : [],
    nodules: many(options.nodules ?? 0, "nodule", (r) => noduleOf(a, r)),
    liverLesions: many(options.liverLesions ?? 0, "liver-lesion", (r) => liverLesionOf(a, r)),
    emboli: many(options.emboli ?? 0, "embolus", (r) => embolusOf(vessels, r)),
  };
}

/** A place where a depth is at least so much, drawn from a box. */
function placeIn(
  random: Random,
  low: Point,
  high: Point,
  good: (x: number, y: number, z: number) => boolean,
): Point {
  let place: Point = low;
  for (let tries = 0; tries < 400; tries += 1) {
    place = [0, 1, 2].map((k) => random.uniform(low[k], high[k])) as [number, number, number];
    if (good(...place)) return place;
  }
  return place;
}

function noduleOf(a: CtAnatomy, random: Random): CtLesion {
  // Small ones are the more common.
  const radius = 2.5 * 4.8 ** (random.uniform() ** 1.5);
  const [x, y] = a.cage;
  const center = placeIn(random, [-x, -y, a.domes[0] - 20], [x, y, a.apex], (...p) => {
    const depth = lungDepth(a, cageAt(a, p[2]), ...p);
    return depth > 0.7 * radius;
  });
  const value = random.bernoulli(0.2) ? random.uniform(-500, -250) : random.uniform(0, 70);
  const radii = [0, 1, 2].map(() => radius * random.uniform(0.85, 1.15)) as [
    number,
    number,
    number,
  ];
  return { center, radii, value, ragged: random.uniform(0.02, 0.14), phase: random.uniform(0, 6) };
}

function liverLesionOf(a: CtAnatomy, random: Random): CtLesion {
  const radius = random.uniform(6, 24);
  const center = placeIn(
    random,
    [-a.cage[0], -60, a.domes[0] - 130],
    [40, 70, a.domes[0]],
    (...p) => liverDepth(a, ...p) > 0.8 * radius,
  );
  const value = a.liver - random.uniform(28, 60);
  const radii = [0, 1, 2].map(() => radius * random.uniform(0.8, 1.2)) as [number, number, number];
  return { center, radii, value, ragged: random.uniform(0.03, 0.1), phase: random.uniform(0, 6) };
}

/** A clot that fills most of a vessel for a few segments. */
function embolusOf(vessels: Float32Array, random: Random): Float32Array {
  const starts: number[] = [];
  for (let s = SEGMENT; s < vessels.length; s += SEGMENT) {
    if ((vessels[s + 6] as number) > 2.2) starts.push(s);
  }
  const start = starts[random.integer(0, starts.length)] as number;
  const run = vessels.slice(start, start + SEGMENT * random.integer(2, 5));
  const share = random.uniform(0.62, 0.85);
  let used = SEGMENT;
  for (; used < run.length; used += SEGMENT) {
    // It ends where the next segment is another vessel's.
    const joined = [0, 1, 2].every((k) => run[used + k] === run[used - SEGMENT + 3 + k]);
    if (!joined) break;
  }
  for (let s = 6; s < used; s += SEGMENT) run[s] = (run[s] as number) * share;
  return run.subarray(0, used);
}
