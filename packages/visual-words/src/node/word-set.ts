import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DiraError, type Raster } from "@dira/augmentations";
import { makeFolder, readNpy } from "@dira/data";
import type { DiscoveredWord } from "../discover-word.ts";
import type { VisualWord, WordOptions } from "../word.ts";
import { packCubes, unpackCubes, writeArray, writeWhole } from "./word-arrays.ts";

/** What `index.json` of a set of visual words holds. */
export interface WordIndex {
  readonly format: "dira-visual-words/1";
  /** Of the cubes in the arrays: slices last, as TransVW has them. */
  readonly axes: "yxz";
  readonly options: WordOptions;
  /** Those that are there in full; words are numbered from 0. */
  readonly words: readonly VisualWord[];
}

/** A set of visual words on the disk. */
export interface WordSet {
  readonly folder: string;
  readonly index: WordIndex;
  /** The array of a word's cubes (`data`) or labels at a resolution. */
  fileOf(split: "train" | "val", kind: "data" | "label", resolution: number, word: number): string;
  /** Adds a word: its arrays first, then the index, so that what the index names is whole. */
  add(discovered: DiscoveredWord): Promise<void>;
  /**
   * The cubes of a word, `[z, y, x]`, in the order of its instances.
   *
   * @param resolution - from 1 on; held-out cubes have the first only.
   */
  read(word: number, split: "train" | "val", resolution?: number): Promise<Raster[]>;
}

/**
 * Opens a set of visual words, or begins one. Its folder:
 *
 * - `train_data<r>_word<k>.npy`: float32 `[N, y, x, z]` in [0, 1], word k's cubes at resolution r (from 1
 *   on), one of each training patient; 64 × 64 × 32 as TransVW has them;
 * - `train_label<r>_word<k>.npy`: uint16 `[N, 1]`, k each time, as TransVW has them;
 * - `val_data1_word<k>.npy` and `val_label1_word<k>.npy`: the same of held-out patients;
 * - `index.json`: a {@link WordIndex}: coordinates, patients, spacing, boxes, seed and options.
 *
 * `npyCubes(folder, { axes: "yxz" })` of `@dira/data` reads it as a data set with labels. Files are
 * written whole or not at all; a word counts once the index names it.
 *
 * @param options - of the words to come; those of the set that is there, if there is one.
 * @throws DiraError when the folder holds a set of other options, or none and no options are given.
 */
export function openWordSet(folder: string, options?: WordOptions): WordSet {
  const path = join(folder, "index.json");
  let index = existsSync(path) ? readIndex(path) : undefined;
  if (index === undefined) {
    if (options === undefined) {
      throw new DiraError(`openWordSet: there is no set of visual words at ${path}.`);
    }
    index = { format: "dira-visual-words/1", axes: "yxz", options, words: [] };
    makeFolder(folder);
  } else if (options !== undefined && !sameOptions(index.options, options)) {
    throw new DiraError(
      `openWordSet: ${path} was begun with other options (${JSON.stringify(index.options)}), got ${JSON.stringify(options)}. Give the same ones, or another folder.`,
    );
  }
  return setOf(folder, path, index);
}

function setOf(folder: string, path: string, begun: WordIndex): WordSet {
  let index = begun;
  const fileOf: WordSet["fileOf"] = (split, kind, resolution, word) =>
    join(folder, `${split}_${kind}${resolution}_word${String(word).padStart(4, "0")}.npy`);
  return {
    folder,
    fileOf,
    get index() {
      return index;
    },
    add: async ({ word, ...splits }) => {
      if (word.word !== index.words.length) {
        throw new DiraError(
          `add: expected word ${index.words.length} next, got ${word.word}. Words are added in order.`,
        );
      }
      for (const split of ["train", "val"] as const) {
        for (const [i, cubes] of splits[split].entries()) {
          const labels = new Uint16Array(cubes.length).fill(word.word);
          await writeArray(fileOf(split, "data", i + 1, word.word), packCubes(cubes));
          const array = { data: labels, shape: [cubes.length, 1] };
          await writeArray(fileOf(split, "label", i + 1, word.word), array);
        }
      }
      index = { ...index, words: [...index.words, word] };
      writeWhole(path, `${JSON.stringify(index)}\n`);
    },
    read: async (word, split, resolution = 1) => {
      const resolutions = index.words[word]?.[split][0]?.boxes.length ?? 0;
      if (Number.isInteger(resolution) && resolution > 0 && resolution <= resolutions) {
        return unpackCubes(await readNpy(fileOf(split, "data", resolution, word)));
      }
      throw new DiraError(
        `read: ${path} has ${index.words.length} words, word ${word} no ${split} cubes of resolution ${resolution}.`,
      );
    },
  };
}

function readIndex(path: string): WordIndex {
  let index: Partial<WordIndex>;
  try {
    index = JSON.parse(readFileSync(path, "utf8")) as Partial<WordIndex>;
  } catch (error) {
    throw new DiraError(`${path} is not JSON. Put it right, or begin another set.`, {
      cause: error,
    });
  }
  if (index.format === "dira-visual-words/1" && Array.isArray(index.words)) {
    return index as WordIndex;
  }
  throw new DiraError(
    `${path}: expected the index of a set of visual words (format dira-visual-words/1), got format ${String(index.format)}.`,
  );
}

function sameOptions(a: WordOptions, b: WordOptions): boolean {
  const told = (options: WordOptions): string =>
    JSON.stringify(Object.entries(options).sort(([x], [y]) => (x < y ? -1 : 1)));
  return told(a) === told(b);
}
