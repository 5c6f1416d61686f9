import { DiraError, type Pixels, type Raster } from "@dira/augmentations";
import { createRandom, type Random } from "@dira/random";
import { boxAround, placeIn } from "./box.ts";
import { drawCoordinate } from "./coordinates.ts";
import { cutCube } from "./cube.ts";
import { nearestPatients } from "./neighbours.ts";
import { resolutionBoxes } from "./resolutions.ts";
import { tissueShare } from "./tissue.ts";
import type { VisualWord, WordInstance, WordOptions } from "./word.ts";

/** Patients, with one volume each. */
export interface Cohort {
  readonly patients: readonly string[];
  /** Of each patient, e.g. an auto-encoder's bottleneck averaged over positions. */
  readonly features: readonly ArrayLike<number>[];
  /** A patient's volume in Hounsfield units, `[z, y, x]`, all in one orientation. */
  read(patient: number): Promise<Raster<Pixels>>;
}

/** Training and held-out patients. */
export interface Cohorts {
  readonly train: Cohort;
  readonly val: Cohort;
}

/** A word with its cubes, by resolution and then by instance. */
export interface DiscoveredWord {
  readonly word: VisualWord;
  readonly train: readonly (readonly Raster[])[];
  /** At the first resolution only, as TransVW's. */
  readonly val: readonly (readonly Raster[])[];
}

/**
 * Discovers one word: a reference patient, as long as there are some each another; a coordinate in him,
 * away from the borders, from air and from earlier words; the nearest training and held-out patients;
 * in each of them cubes at that place (by share of the sides), at several resolutions in training.
 *
 * A function of the seed, the word's number, the patients and the earlier words alone, so a set that is
 * gone on with is the one that would have been.
 *
 * @throws DiraError when no patient has room for another word.
 * @see Haghighi et al. 2021, section III-A, https://arxiv.org/abs/2102.10680
 */
export async function discoverWord(
  number: number,
  cohorts: Cohorts,
  options: WordOptions,
  earlier: readonly VisualWord[] = [],
): Promise<DiscoveredWord> {
  const { train, val } = cohorts;
  const random = createRandom(options.seed, "word", number);
  for (const reference of referenceOrder(train.patients, options.seed, earlier)) {
    const volume = await train.read(reference);
    const coordinate = chooseIn(volume, options, earlier, random.derive("coordinate", reference));
    if (coordinate === undefined) continue;
    const place = { coordinate, shape: [...volume.shape] };
    const features = train.features[reference] as ArrayLike<number>;
    const found = { place, features, options, random };
    const inTrain = await instancesOf(train, "train", options.neighbours, found);
    const inVal = await instancesOf(val, "val", options.heldNeighbours, found);
    const word: VisualWord = {
      word: number,
      reference: train.patients[reference] as string,
      ...place,
      train: inTrain.instances,
      val: inVal.instances,
    };
    return { word, train: inTrain.cubes, val: inVal.cubes };
  }
  throw new DiraError(
    `discoverWord: no patient of ${train.patients.length} has room for word ${number}: within the borders, with cubes of ${tissueOf(options).join(" to ")} tissue, ${options.spacing ?? 5} voxels from ${earlier.length} words. Ask for fewer words, smaller cubes, less spacing or borders, or another share of tissue.`,
  );
}

/** Patients who were references least often first, those in an order that the seed draws. */
function referenceOrder(
  patients: readonly string[],
  seed: number,
  earlier: readonly VisualWord[],
): number[] {
  const uses = patients.map((name) => earlier.filter((word) => word.reference === name).length);
  return [...createRandom(seed, "references").permutation(patients.length)].sort(
    (a, b) => (uses[a] as number) - (uses[b] as number),
  );
}

function tissueOf({ tissue = [0, 0.15] }: WordOptions): readonly [least: number, most: number] {
  const [least, most] = tissue;
  if (least !== undefined && most !== undefined && tissue.length === 2) return [least, most];
  throw new DiraError(
    `discoverWord: expected \`tissue\` as [least, most], two shares, got [${tissue.join(", ")}].`,
  );
}

function chooseIn(
  volume: Raster<Pixels>,
  options: WordOptions,
  earlier: readonly VisualWord[],
  random: Random,
): number[] | undefined {
  const { cube, spacing = 5, tissueFrom = -150 } = options;
  const [least, most] = tissueOf(options);
  const { borderVoxels: voxels, borderShare: share } = options;
  const { shape } = volume;
  return drawCoordinate(
    {
      shape,
      cube,
      spacing,
      border: { ...(voxels && { voxels }), ...(share && { share }) },
      taken: earlier.map((word) => placeIn(word.coordinate, word.shape, shape)),
      accept: (at) => {
        const share = tissueShare(volume, boxAround(at, cube, shape), tissueFrom);
        return share >= least && share <= most;
      },
    },
    random,
  );
}

interface Found {
  readonly place: { readonly coordinate: readonly number[]; readonly shape: readonly number[] };
  readonly features: ArrayLike<number>;
  readonly options: WordOptions;
  readonly random: Random;
}

async function instancesOf(
  cohort: Cohort,
  split: "train" | "val",
  count: number,
  { place, features, options, random }: Found,
): Promise<{ instances: WordInstance[]; cubes: Raster[][] }> {
  const { cube, window, resolutions = 3 } = options;
  const instances: WordInstance[] = [];
  const cubes: Raster[][] = [];
  for (const patient of nearestPatients(cohort.features, features, count)) {
    const volume = await cohort.read(patient);
    const boxes = resolutionBoxes(
      placeIn(place.coordinate, place.shape, volume.shape),
      volume.shape,
      { cube, count: split === "train" ? resolutions : 1 },
      random.derive(split, patient),
    );
    boxes.forEach((box, i) => (cubes[i] ??= []).push(cutCube(volume, box, cube, window)));
    instances.push({
      patient: cohort.patients[patient] as string,
      shape: [...volume.shape],
      ...(volume.spacing && { spacing: [...volume.spacing] }),
      ...(volume.origin && { origin: [...volume.origin] }),
      ...(volume.direction && { direction: volume.direction.map((axis) => [...axis]) }),
      boxes,
    });
  }
  return { instances, cubes };
}
