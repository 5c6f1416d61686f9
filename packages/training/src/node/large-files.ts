import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";

/** Bytes that one call to the system may take: Node refuses 2 GiB and more. */
const PIECE = 2 ** 30;

/** Writes all of it, however large, piece by piece. */
export function writeAll(file: number, data: Uint8Array, piece: number = PIECE): void {
  for (let at = 0; at < data.length;) {
    at += writeSync(file, data, at, Math.min(piece, data.length - at));
  }
}

/** Reads all of a file, however large, piece by piece. @throws Error as `readFileSync` does. */
export function readAll(path: string, piece: number = PIECE): Uint8Array {
  const file = openSync(path, "r");
  try {
    const data = new Uint8Array(fstatSync(file).size);
    for (let at = 0; at < data.length;) {
      const read = readSync(file, data, at, Math.min(piece, data.length - at), at);
      if (read === 0) return data.subarray(0, at); // it became shorter meanwhile
      at += read;
    }
    return data;
  } finally {
    closeSync(file);
  }
}
