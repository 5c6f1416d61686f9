import { createRandom, type Random } from "@dira/random";
import { type CtScene, type CtSceneOptions, ctSceneOf } from "./ct-scene.ts";
import { type Point, SEGMENT } from "./tree.ts";

/** Where a phantom CT has nodules, and where it has vessels that look like some. */
export interface PhantomCandidates {
  /** Centres `[x, y, z]` and mean diameters, in mm. */
  readonly nodules: readonly { readonly center: Point; readonly diameter: number }[];
  /** Places on vessels, `[x, y, z]` in mm. */
  readonly vessels: readonly Point[];
}

/** Vessels from this radius on (mm) may be taken for nodules. */
export const NODULE_LIKE = 1.2;

/**
 * Candidates of the CT that {@link phantomChestCt} draws with the same options.
 *
 * @param count - places on vessels. @defaultValue 4
 */
export function phantomCandidates(options: CtSceneOptions, count = 4): PhantomCandidates {
  const { seed, index, study = 0 } = options;
  const scene = ctSceneOf(options);
  const random = createRandom(seed, index, study, "phantom-candidates");
  return {
    nodules: scene.nodules.map(({ center, radii }) => ({
      center,
      diameter: (2 * (radii[0] + radii[1] + radii[2])) / 3,
    })),
    vessels: Array.from({ length: count }, (_, i) =>
      vesselPlace(scene, random.derive("vessel", i), NODULE_LIKE),
    ),
  };
}

/**
 * A place on a vessel, so far from all findings that a cube about it holds none of them.
 *
 * @param radius - least radius of the vessel, in mm.
 */
export function vesselPlace(scene: CtScene, random: Random, radius: number): Point {
  const { vessels, nodules, emboli } = scene;
  const taken = [...nodules.map((n) => n.center), ...emboli.map(middleOf)];
  let [place, gap] = [[0, 0, 0] as Point, -1];
  for (let tries = 0; tries < 60 && gap < 62; tries += 1) {
    const s = SEGMENT * random.integer(0, vessels.length / SEGMENT);
    if ((vessels[s + 6] as number) < radius) continue;
    const here = [vessels[s], vessels[s + 1], vessels[s + 2]] as unknown as Point;
    const nearest = Math.min(...taken.map((p) => Math.hypot(...p.map((v, k) => v - here[k as 0]))));
    if (nearest > gap) [place, gap] = [here, nearest];
  }
  return place;
}

/** The start of the middle one of some segments. */
export function middleOf(segments: ArrayLike<number>): Point {
  const s = SEGMENT * Math.floor(segments.length / SEGMENT / 2);
  return [segments[s], segments[s + 1], segments[s + 2]] as unknown as Point;
}
