import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Writes a file so that it is there wholly or not at all: into a sibling first, flushed to the disk,
 * then renamed. When writing fails, what the path held before stays.
 *
 * @throws Error saying which file could not be written and why.
 */
export function writeAtomically(path: string, bytes: Uint8Array | string): void {
  const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  const temporary = `${path}.tmp`;
  try {
    const file = openSync(temporary, "w");
    try {
      for (let at = 0; at < data.length;) at += writeSync(file, data, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    const folder = openSync(dirname(path), "r");
    fsyncSync(folder);
    closeSync(folder);
  } catch (error) {
    rmSync(temporary, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOSPC" ? "the disk is full" : message;
    throw new Error(
      `Could not write ${path}: ${why}. The file that was there before, if any, is intact.`,
      {
        cause: error,
      },
    );
  }
}
