import type { Pixels } from "@dira/augmentations";
import { sharedBytes } from "./shared-memory.ts";

/** Numbers as files store them: unsigned, signed and floating, with their bytes. */
export type PixelType = "u1" | "i1" | "u2" | "i2" | "u4" | "i4" | "u8" | "i8" | "f2" | "f4" | "f8";

/** Pixels as they lie in a file. */
export interface StoredPixels {
  /** Begins at a multiple of 8 bytes of its memory; taken over, and changed where need be. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly type: PixelType;
  /** @defaultValue true */
  readonly littleEndian?: boolean;
  /** `value = stored · slope + intercept`. @defaultValue 1 */
  readonly slope?: number;
  /** @defaultValue 0 */
  readonly intercept?: number;
}

/** Bytes that one number takes. */
export function bytesOf(type: PixelType): number {
  return Number(type[1]);
}

/**
 * Numbers of a file as pixels.
 *
 * - Unscaled u1, u2, i2 and f4 stay as they are, in the same memory.
 * - Whole numbers (also after a whole slope and intercept) that all lie in [−32768, 32767] become
 *   `Int16Array`, without loss: CT stored unsigned with an intercept of −1024, labels in 64 bits.
 * - Everything else becomes `Float32Array`: the value in double precision, rounded once.
 */
export function toPixels(path: string, stored: StoredPixels): Pixels {
  const { bytes, type, littleEndian = true, slope = 1, intercept = 0 } = stored;
  if (!littleEndian) swapBytes(bytes, bytesOf(type));
  const scaled = slope !== 1 || intercept !== 0;
  const raw = viewOf(bytes, type);
  if (!scaled && type !== "f2" && isPixels(raw)) return raw;
  const whole = type[0] !== "f" && Number.isInteger(slope) && Number.isInteger(intercept);
  if (whole) {
    const out = asInt16(path, raw, slope, intercept);
    if (out !== undefined) return out;
  }
  return asFloat32(path, raw, type === "f2" ? halfToNumber : Number, slope, intercept);
}

type Numbers =
  Pixels | Int8Array | Uint32Array | Int32Array | BigUint64Array | BigInt64Array | Float64Array;

function viewOf(bytes: Uint8Array<SharedArrayBuffer>, type: PixelType): Numbers {
  const { buffer, byteOffset } = bytes;
  const length = bytes.length / bytesOf(type);
  switch (type) {
    case "u1":
      return new Uint8Array(buffer, byteOffset, length);
    case "i1":
      return new Int8Array(buffer, byteOffset, length);
    case "f2":
    case "u2":
      return new Uint16Array(buffer, byteOffset, length);
    case "i2":
      return new Int16Array(buffer, byteOffset, length);
    case "u4":
      return new Uint32Array(buffer, byteOffset, length);
    case "i4":
      return new Int32Array(buffer, byteOffset, length);
    case "u8":
      return new BigUint64Array(buffer, byteOffset, length);
    case "i8":
      return new BigInt64Array(buffer, byteOffset, length);
    case "f4":
      return new Float32Array(buffer, byteOffset, length);
    case "f8":
      return new Float64Array(buffer, byteOffset, length);
  }
}

function isPixels(data: Numbers): data is Pixels {
  return (
    data instanceof Uint8Array ||
    data instanceof Uint16Array ||
    data instanceof Int16Array ||
    data instanceof Float32Array
  );
}

/** Undefined where a value does not fit; in the same memory where that has two bytes a number. */
function asInt16(
  path: string,
  raw: Numbers,
  slope: number,
  intercept: number,
): Int16Array | undefined {
  // Whole slopes keep the order, or turn it round: the ends tell.
  const ends = extremes(raw).map((stored) => stored * slope + intercept);
  if (!ends.every((value) => value >= -32_768 && value <= 32_767)) return undefined;
  const inPlace = raw instanceof Uint16Array || raw instanceof Int16Array;
  const out = inPlace
    ? new Int16Array(raw.buffer, raw.byteOffset, raw.length)
    : new Int16Array(sharedBytes(path, raw.length * 2).buffer);
  for (let i = 0; i < raw.length; i += 1) out[i] = Number(raw[i]) * slope + intercept;
  return out;
}

function extremes(raw: Numbers): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < raw.length; i += 1) {
    const stored = Number(raw[i]);
    if (stored < low) low = stored;
    if (stored > high) high = stored;
  }
  return [low, high];
}

function asFloat32(
  path: string,
  raw: Numbers,
  toNumber: (stored: number) => number,
  slope: number,
  intercept: number,
): Float32Array {
  const out = new Float32Array(sharedBytes(path, raw.length * 4).buffer);
  for (let i = 0; i < raw.length; i += 1) {
    out[i] = toNumber(raw[i] as number) * slope + intercept;
  }
  return out;
}

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Turns the bytes of each number round, in place. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  for (let i = 0; i + width <= bytes.length; i += width) {
    for (let a = i, b = i + width - 1; a < b; a += 1, b -= 1) {
      const kept = bytes[a] as number;
      bytes[a] = bytes[b] as number;
      bytes[b] = kept;
    }
  }
}
