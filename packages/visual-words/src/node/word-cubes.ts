import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Raster } from "@dira/augmentations";
import { DataError, type ImageSet, indexToWorld, readNpy, type Scan } from "@dira/data";
import type { WordInstance } from "../word.ts";
import { unpackCubes } from "./word-arrays.ts";
import { openWordSet } from "./word-set.ts";

/** One cube of a set of words. */
interface Row {
  readonly word: number;
  readonly resolution: number;
  readonly instance: WordInstance;
  /** Its place in the array. */
  readonly at: number;
}

/** Whether a folder holds a set of visual words. */
export function isWordSet(folder: string): boolean {
  return (
    existsSync(join(folder, "index.json")) && existsSync(join(folder, "train_data1_word0000.npy"))
  );
}

/**
 * The cubes of a set of visual words as a data set: `[z, y, x]` in [0, 1], each with its patient, its word as the label
 * that is 1, and its place in the patient's volume (spacing, origin, direction), where that is known. Cubes of all
 * resolutions in training, of the first held out.
 *
 * @throws DiraError when the folder holds no set; DataError when the set has no words.
 */
export function wordCubes(
  folder: string,
  { split }: { readonly split: "train" | "val" },
): ImageSet {
  const set = openWordSet(folder);
  const { words } = set.index;
  const rows = words.flatMap(({ word, [split]: instances }) =>
    Array.from({ length: instances[0]?.boxes.length ?? 0 }, (_, r) =>
      instances.map((instance, at): Row => ({ word, resolution: r + 1, instance, at })),
    ).flat(),
  );
  if (rows.length === 0) {
    throw new DataError(`${folder} has no ${split} cubes yet. Let \`dira discover\` finish it.`);
  }
  const row = (index: number): Row => {
    const found = rows[index];
    if (found !== undefined) return found;
    throw new DataError(
      `${folder} has ${rows.length} ${split} cubes; there is no number ${index}.`,
    );
  };
  const fileOf = ({ word, resolution }: Row): string => set.fileOf(split, "data", resolution, word);
  return {
    name: `${folder} (${split})`,
    length: rows.length,
    spatialRank: 3,
    layout: "visual-words",
    splits: ["train", "val"],
    labelNames: words.map(({ word }) => `word ${word}`),
    id: (index) => {
      const { word, resolution, instance } = row(index);
      return `word ${word} in ${instance.patient}${resolution === 1 ? "" : `, resolution ${resolution}`}`;
    },
    patient: (index) => row(index).instance.patient,
    labels: (index) => words.map(({ word }) => Number(word === row(index).word)),
    read: async (index) => placed(await cubeAt(fileOf(row(index)), row(index).at), row(index)),
    stamp: async (index) => {
      const path = fileOf(row(index));
      const { size, mtimeMs } = await stat(path);
      return `${path} ${size} ${mtimeMs} ${row(index).at}`;
    },
  };
}

async function cubeAt(path: string, at: number): Promise<Raster> {
  const { data, shape } = await readNpy(path, { item: at });
  return unpackCubes({ data, shape: [1, ...shape] })[0] as Raster;
}

/** A cube with its place in the world: that of its box, whose outer edges are the cube's. */
function placed(cube: Raster, { instance, resolution }: Row): Scan {
  const { spacing, origin, direction, shape } = instance;
  const box = instance.boxes[resolution - 1];
  if (box === undefined || spacing === undefined) return cube;
  const steps = cube.shape.map((side, axis) => (box.size[axis] as number) / side);
  const first = steps.map((step, axis) => (box.start[axis] as number) + step / 2 - 0.5);
  const volume = { shape, spacing, ...(origin && { origin }), ...(direction && { direction }) };
  return {
    ...cube,
    spacing: steps.map((step, axis) => step * (spacing[axis] as number)),
    origin: indexToWorld(volume, first),
    ...(direction && { direction }),
  };
}
