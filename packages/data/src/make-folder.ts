import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DataError } from "./image.ts";

/**
 * Makes a folder that a user named, and those above it, one by one: Node's own recursive `mkdir` never
 * comes back where a file system, `/proc` for one, says that there is no such folder to make one in.
 *
 * @returns its absolute path.
 * @throws DataError that names the first folder which could not be made.
 */
export function makeFolder(folder: string): string {
  const wanted = resolve(folder);
  const lacking: string[] = [];
  for (let path = wanted; !isFolder(wanted, path); path = dirname(path)) lacking.unshift(path);
  for (const path of lacking) {
    try {
      mkdirSync(path);
    } catch (error) {
      // Another process may have been faster.
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      const why = error instanceof Error ? error.message : String(error);
      throw new DataError(
        `The folder ${wanted} can't be made: ${path} could not be (${why}). Name one in a folder that can be written to.`,
      );
    }
  }
  return wanted;
}

function isFolder(wanted: string, path: string): boolean {
  let found: ReturnType<typeof statSync> | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch {
    return false; // Below a file, say: one above will tell.
  }
  if (found === undefined || found.isDirectory()) return found !== undefined;
  throw new DataError(`The folder ${wanted} can't be made: ${path} is a file. Name another.`);
}
