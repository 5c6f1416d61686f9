import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../image.ts";
import type { Split } from "./split.ts";

/** The file that lists the images of a split. */
const listOf = (folder: string, split: Split): string => join(folder, `${split}_list.txt`);

/** Splits that a folder of lists has. */
export function listedSplits(folder: string): Split[] {
  return (["train", "val", "test"] as const).filter((split) => existsSync(listOf(folder, split)));
}

/**
 * Of some files, those that a split's list names, one a line, by their paths below the data's folder.
 *
 * @throws DataError when there is no such list, it is empty, or it names files that are not there.
 */
export function filesListed<File>(
  lists: string,
  split: Split,
  files: readonly File[],
  nameOf: (file: File) => string,
): File[] {
  const path = listOf(lists, split);
  if (!existsSync(path)) {
    throw new DataError(
      `There is no ${path}, which names the images of the ${split} split, a line each. \`dira data split\` writes such lists.`,
    );
  }
  const lines = readFileSync(path, "utf8").split(/\r?\n/);
  const names = new Set(lines.map((line) => line.trim()).filter((line) => line !== ""));
  const chosen = files.filter((file) => names.has(nameOf(file)));
  for (const file of chosen) names.delete(nameOf(file));
  const [missing] = names;
  if (missing !== undefined) {
    throw new DataError(
      `${path} names ${names.size} images that are not there, the first: ${missing}. Lines are paths below the folder of the data.`,
    );
  }
  if (chosen.length === 0) throw new DataError(`${path} names no image.`);
  return chosen;
}
