import { ImageError } from "../image.ts";
import { jpegBits } from "./jpeg-bits.ts";
import type { JpegHeader } from "./jpeg-header.ts";

/**
 * Decodes lossless JPEG (process 14, any predictor, 2 to 16 bits): each sample is predicted from its
 * neighbours to the left (a), above (b) and left above (c), and the difference is Huffman-coded.
 *
 * @returns samples of one pixel after the other.
 * @see ITU-T T.81, annex H
 */
export function decodeLosslessJpeg(
  path: string,
  bytes: Uint8Array,
  header: JpegHeader,
): Uint16Array {
  const { width, height, scan, components, restartInterval } = header;
  const samples = components.length;
  const tables = scan.components.map(({ dc }) => header.huffman.get(`0/${dc}`));
  const usual = components.every(({ across, down }) => across === 1 && down === 1);
  if (scan.components.length !== samples || !usual || scan.start < 1 || scan.start > 7) {
    throw new ImageError(`${path}: its lossless JPEG is of a kind that is not read.`);
  }
  const bits = jpegBits(path, bytes, header.dataStart);
  const out = new Uint16Array(width * height * samples);
  const line = width * samples;
  const initial = 1 << Math.max(0, header.bits - scan.shift - 1);
  // Where prediction starts afresh: the first line, and the line after each restart.
  let freshRow = 0;
  for (let y = 0, pixel = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, pixel += 1) {
      if (restartInterval > 0 && pixel > 0 && pixel % restartInterval === 0) {
        bits.restart();
        freshRow = y;
      }
      const fresh = y === freshRow;
      for (let s = 0; s < samples; s += 1) {
        const at = pixel * samples + s;
        const table = tables[s];
        if (table === undefined) throw new ImageError(`${path}: its JPEG lacks a Huffman table.`);
        const size = bits.symbol(table);
        const difference = size === 16 ? 32_768 : bits.difference(size & 15);
        const a = out[at - samples] as number;
        const b = out[at - line] as number;
        const guess = fresh
          ? x === 0 || (restartInterval > 0 && pixel % restartInterval === 0)
            ? initial
            : a
          : x === 0
            ? b
            : predict(scan.start, a, b, out[at - line - samples] as number);
        out[at] = guess + difference;
      }
    }
  }
  if (scan.shift > 0)
    for (let i = 0; i < out.length; i += 1) out[i] = (out[i] as number) << scan.shift;
  return out;
}

function predict(predictor: number, a: number, b: number, c: number): number {
  switch (predictor) {
    case 1:
      return a;
    case 2:
      return b;
    case 3:
      return c;
    case 4:
      return a + b - c;
    case 5:
      return a + ((b - c) >> 1);
    case 6:
      return b + ((a - c) >> 1);
    default:
      return (a + b) >> 1;
  }
}
