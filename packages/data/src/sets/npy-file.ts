import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { type NpyDescription, parseNpyHeader } from "../formats/npy-header.ts";
import { DataError } from "../image.ts";

/** What a `.npy` file says of its array. */
export interface NpyHeader extends NpyDescription {
  /** Where the numbers start, in bytes. */
  readonly start: number;
}

/**
 * Reads the header alone, so that a set of gigabytes opens at once.
 *
 * @throws DataError when it is no `.npy`.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function npyHeader(path: string): NpyHeader {
  const head = Buffer.alloc(4096);
  const file = openSync(path, "r");
  const length = readSync(file, head, 0, head.length, 0);
  closeSync(file);
  const version = head[6] ?? 0;
  const from = version === 1 ? 10 : 12;
  const size = version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  const text = head.toString("latin1", from, Math.min(length, from + size));
  const said = parseNpyHeader(text);
  if (head.toString("latin1", 0, 6) !== "\x93NUMPY" || said === undefined) {
    throw new DataError(`${path} is no .npy of numbers: its header can't be read.`);
  }
  return { ...said, start: from + size };
}

/** Reads a small array of whole numbers or floats, e.g. of labels. */
export function npyNumbers(path: string): number[] {
  const { shape, type, littleEndian, start } = npyHeader(path);
  const bytes = readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  const count = shape.reduce((a, b) => a * b, 1);
  const width = Number(type.slice(1));
  const read: Readonly<Record<string, (at: number) => number>> = {
    b1: (at) => view.getUint8(at),
    u1: (at) => view.getUint8(at),
    i1: (at) => view.getInt8(at),
    u2: (at) => view.getUint16(at, littleEndian),
    i2: (at) => view.getInt16(at, littleEndian),
    u4: (at) => view.getUint32(at, littleEndian),
    i4: (at) => view.getInt32(at, littleEndian),
    u8: (at) => Number(view.getBigUint64(at, littleEndian)),
    i8: (at) => Number(view.getBigInt64(at, littleEndian)),
    f4: (at) => view.getFloat32(at, littleEndian),
    f8: (at) => view.getFloat64(at, littleEndian),
  };
  const take = read[type];
  if (take === undefined || view.byteLength < count * width) {
    throw new DataError(
      `${path}: expected ${count} numbers, it has ${type} in ${view.byteLength} bytes.`,
    );
  }
  return Array.from({ length: count }, (_, i) => take(i * width));
}
