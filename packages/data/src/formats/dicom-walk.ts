import { ImageError } from "../image.ts";

/** How the elements of a data set are written. */
export interface DicomCoding {
  /** Where the first one begins. */
  readonly start: number;
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

/** Real files have hundreds at the top. */
const MOST_ELEMENTS = 100_000;
/** With 32 bits of length, after two bytes left free. */
const LONG = new Set([
  "OB",
  "OD",
  "OF",
  "OL",
  "OV",
  "OW",
  "SQ",
  "SV",
  "UC",
  "UN",
  "UR",
  "UT",
  "UV",
]);

/**
 * Counts the elements before the pixels, as far as a quick look goes: to the first sequence of undefined
 * length. A parser makes an object of each, so that a large file of zeros would keep it busy for minutes.
 *
 * @throws ImageError where there are too many to be true.
 */
export function checkElementCount(
  path: string,
  bytes: Uint8Array,
  { start, explicit, littleEndian }: DicomCoding,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let count = 0;
  for (let at = start; at + 12 <= bytes.length; count += 1) {
    if (count > MOST_ELEMENTS) {
      throw new ImageError(`${path} is damaged: it has more than ${MOST_ELEMENTS} DICOM elements.`);
    }
    if (view.getUint16(at, littleEndian) === 0x7fe0) return;
    const vr = String.fromCharCode(bytes[at + 4] as number, bytes[at + 5] as number);
    const long = explicit && LONG.has(vr);
    const length =
      explicit && !long
        ? view.getUint16(at + 6, littleEndian)
        : view.getUint32(at + (long ? 8 : 4), littleEndian);
    if (length === 0xffff_ffff) return;
    at += (long ? 12 : 8) + length;
  }
}
