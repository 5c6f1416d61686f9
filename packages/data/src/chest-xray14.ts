import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { DataError, type ImageSet } from "./image.ts";
import { imageFiles, imageFolder, listImages } from "./image-folder.ts";
import { parseCsv } from "./csv.ts";

/** The labels of ChestX-ray14, in the order of its paper. */
export const CHEST_XRAY14_LABELS: readonly string[] = [
  "Atelectasis",
  "Cardiomegaly",
  "Effusion",
  "Infiltration",
  "Mass",
  "Nodule",
  "Pneumonia",
  "Pneumothorax",
  "Consolidation",
  "Edema",
  "Emphysema",
  "Fibrosis",
  "Pleural_Thickening",
  "Hernia",
];

/** A part of a data set. */
export type Split = "train" | "val" | "test";

const ENTRIES = "Data_Entry_2017_v2020.csv";

/** Whether a folder holds ChestX-ray14's own layout. */
export function isChestXray14(folder: string): boolean {
  return existsSync(join(folder, ENTRIES)) || existsSync(join(folder, "train_list.txt"));
}

/**
 * NIH ChestX-ray14 as released: `images/` (or `images_001/images/` …), list files `train_list.txt`,
 * `val_list.txt`, `test_list.txt` (only the first word of a line counts), and
 * `Data_Entry_2017_v2020.csv` with patients and labels.
 *
 * @throws DataError when the list is missing or names files that are not there.
 * @see Wang et al. 2017, https://arxiv.org/abs/1705.02315
 */
export function chestXray14(folder: string, split: Split): ImageSet {
  const list = join(folder, `${split}_list.txt`);
  if (!existsSync(list)) {
    throw new DataError(
      `${folder} has no ${split}_list.txt, which names the images of the ${split} split.`,
    );
  }
  const names = readFileSync(list, "utf8")
    .split(/\r?\n/)
    .map((line) => line.trim().split(/\s+/)[0] ?? "")
    .filter((name) => name !== "")
    .map((name) => basename(name));
  // The first of a name counts: `images/` sorts before other copies.
  const byName = new Map(
    listImages(folder)
      .toReversed()
      .map((path) => [basename(path), path]),
  );
  const missing = names.filter((name) => !byName.has(name));
  if (missing.length > 0) {
    throw new DataError(
      `${list} names ${missing.length} of ${names.length} files that are not below ${folder} (${missing.slice(0, 3).join(", ")}, …).`,
    );
  }
  if (names.length === 0) throw new DataError(`${list} names no image.`);
  const set = imageFiles(
    folder,
    names.map((name) => byName.get(name) as string),
  );
  return { ...set, name: `${folder} (${split})`, ...annotations(folder, names) };
}

function annotations(
  folder: string,
  names: readonly string[],
): Partial<Pick<ImageSet, "labels" | "patient" | "labelNames">> {
  const path = join(folder, ENTRIES);
  if (!existsSync(path)) return {};
  const rows = new Map(
    parseCsv(readFileSync(path, "utf8")).map((row) => [row["Image Index"], row]),
  );
  const rowOf = (index: number): Record<string, string> => rows.get(names[index] ?? "") ?? {};
  return {
    labelNames: CHEST_XRAY14_LABELS,
    patient: (index) => rowOf(index)["Patient ID"] ?? (names[index] ?? "").split("_")[0] ?? "",
    labels: (index) => {
      const found = new Set((rowOf(index)["Finding Labels"] ?? "").split("|"));
      return CHEST_XRAY14_LABELS.map((label) => (found.has(label) ? 1 : 0));
    },
  };
}

/**
 * Opens a folder: ChestX-ray14's layout where it has one (with its splits), else all its images, of
 * which every tenth is kept for validation.
 */
export function openImages(folder: string, split: Split): ImageSet {
  if (isChestXray14(folder)) return chestXray14(folder, split);
  const all = imageFolder(folder);
  const chosen = Array.from({ length: all.length }, (_, i) => i).filter(
    (i) => (i % 10 === 9) === (split !== "train"),
  );
  return {
    name: `${folder} (${split})`,
    length: chosen.length,
    id: (index) => all.id(chosen[index] as number),
    read: (index, side) => all.read(chosen[index] as number, side),
  };
}
