import { type Dirent, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../image.ts";

/** @throws DataError when the folder is missing, or is none. */
export function checkFolder(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) throw new DataError(`The data folder ${folder} does not exist.`);
  if (!found.isDirectory()) throw new DataError(`${folder} is not a folder.`);
}

/**
 * Files of a folder and below whose names match, in order of path. Links to files count, not what macOS
 * keeps beside files (`._name`).
 *
 * @throws DataError when the folder is missing.
 */
export function listFiles(folder: string, names: RegExp): string[] {
  checkFolder(folder);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => names.test(entry.name) && !entry.name.startsWith("._") && isFile(entry))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function isFile(entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.isFile() === true;
}

/** The first of these folders or files of a folder that is there. */
export function firstOf(folder: string, names: readonly string[]): string | undefined {
  return names.map((name) => join(folder, name)).find((path) => existsSync(path));
}

/**
 * The first of these folders or files of a folder that is there.
 *
 * @param what - says what it holds, for the error.
 * @throws DataError that names them when there is none.
 */
export function needOneOf(folder: string, names: readonly string[], what: string): string {
  checkFolder(folder);
  const found = firstOf(folder, names);
  if (found !== undefined) return found;
  throw new DataError(`${folder} has no ${names.join(" or ")}, which holds ${what}.`);
}

/** The first few of a list, for an error. */
export function some(names: readonly string[]): string {
  return `${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`;
}
