import {
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import { writeAll } from "./large-files.ts";

/**
 * Writes a file so that it is there wholly or not at all: into a sibling first, flushed to the disk,
 * then renamed. When writing fails, what the path held before stays.
 *
 * @throws Error saying which file could not be written and why.
 */
export function writeAtomically(path: string, bytes: Uint8Array | string): void {
  const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  put(path, (temporary) => {
    const file = openSync(temporary, "w");
    try {
      writeAll(file, data);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  });
}

/**
 * Keeps a file under a second name, wholly or not at all. Files written by {@link writeAtomically}
 * are replaced, never changed, so the second name is a hard link, free of cost, where the disk has
 * them, else a copy.
 *
 * @throws Error saying which file could not be written and why.
 */
export function keepAs(path: string, second: string): void {
  put(second, (temporary) => {
    rmSync(temporary, { force: true });
    try {
      linkSync(path, temporary);
    } catch {
      copyFileSync(path, temporary);
      flush(temporary, "r+");
    }
  });
}

/** Flushes a file or folder to the disk. */
export function flush(path: string, flags: string): void {
  const handle = openSync(path, flags);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function put(path: string, make: (temporary: string) => void): void {
  const temporary = `${path}.tmp`;
  try {
    make(temporary);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOSPC" ? "the disk is full; free some space" : message;
    throw new Error(
      `Could not write ${path}: ${why}. The file that was there before, if any, is intact.`,
      { cause: error },
    );
  }
  // Windows can't open folders; its renames are journalled.
  if (process.platform !== "win32") flush(dirname(path), "r");
}
