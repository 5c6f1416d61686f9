import { readdirSync, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { decodeImage } from "../formats/decode-image.ts";
import { DataError, type ImageSet } from "../image.ts";

const EXTENSIONS = /\.(png|jpe?g|tiff?|webp)$/i;

/** Every image below a folder, in order of path. */
export function listImages(folder: string): string[] {
  try {
    if (!statSync(folder).isDirectory()) throw new DataError(`${folder} is not a folder.`);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`The data folder ${folder} does not exist.`);
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && EXTENSIONS.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * The images in a folder and below.
 *
 * @throws DataError when there is none.
 */
export function imageFolder(folder: string): ImageSet {
  const paths = listImages(folder);
  if (paths.length === 0) {
    throw new DataError(
      `No PNG, JPEG, TIFF or WebP image in ${folder} or below. Is it the right folder?`,
    );
  }
  return imageFiles(folder, paths);
}

/** Path, size and time of a file; undefined where it is not there. */
async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${resolve(path)} ${size} ${mtimeMs}`;
  } catch {
    return undefined; // reading it will say why
  }
}

/** Images by path, named relative to a folder. */
export function imageFiles(folder: string, paths: readonly string[]): ImageSet {
  return {
    name: folder,
    length: paths.length,
    spatialRank: 2,
    id: (index) => relative(folder, paths[index] as string),
    read: (index, side) => decodeImage(paths[index] as string, side),
    stamp: (index) => stampOf(paths[index] as string),
  };
}
