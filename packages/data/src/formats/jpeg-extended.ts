import { ImageError } from "../image.ts";
import { jpegBits } from "./jpeg-bits.ts";
import type { JpegHeader } from "./jpeg-header.ts";

/** Row-major place of each coefficient in zigzag order. */
const ZIGZAG = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
  13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52,
  45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/**
 * Decodes grey sequential JPEG of 12 bits (process 4), which sharp does not read. The inverse cosine
 * transform is libjpeg's "islow" in its 12-bit form, so that results agree with it to the bit.
 *
 * @see ITU-T T.81, annex F; Loeffler, Ligtenberg and Moschytz 1989
 */
export function decodeExtendedJpeg(
  path: string,
  bytes: Uint8Array,
  header: JpegHeader,
): Uint16Array {
  const { width, height, components, scan, restartInterval } = header;
  const dc = header.huffman.get(`0/${scan.components[0]?.dc}`);
  const ac = header.huffman.get(`1/${scan.components[0]?.ac}`);
  const scale = header.quantisation.get(components[0]?.table ?? -1);
  if (components.length !== 1 || dc === undefined || ac === undefined || scale === undefined) {
    throw new ImageError(`${path}: its 12-bit JPEG is of a kind that is not read, or damaged.`);
  }
  const bits = jpegBits(path, bytes, header.dataStart);
  const out = new Uint16Array(width * height);
  const block = new Int32Array(64);
  const across = Math.ceil(width / 8);
  const blocks = across * Math.ceil(height / 8);
  let level = 0;
  for (let number = 0; number < blocks; number += 1) {
    if (restartInterval > 0 && number > 0 && number % restartInterval === 0) {
      bits.restart();
      level = 0;
    }
    block.fill(0);
    level += bits.difference(bits.symbol(dc) & 15);
    block[0] = level * (scale[0] as number);
    for (let k = 1; k < 64; k += 1) {
      const symbol = bits.symbol(ac);
      const size = symbol & 15;
      if (size === 0 && symbol !== 0xf0) break;
      k += symbol >> 4;
      if (size > 0 && k < 64) {
        block[ZIGZAG[k] as number] = bits.difference(size) * (scale[k] as number);
      }
    }
    invert(block);
    place(block, out, (number % across) * 8, Math.floor(number / across) * 8, width, height);
  }
  return out;
}

/** A block's pixels, shifted to [0, 4095], as far as they are within the image. */
function place(
  block: Int32Array,
  out: Uint16Array,
  left: number,
  top: number,
  width: number,
  height: number,
): void {
  for (let y = 0; y < Math.min(8, height - top); y += 1) {
    for (let x = 0; x < Math.min(8, width - left); x += 1) {
      const value = (block[y * 8 + x] as number) + 2048;
      out[(top + y) * width + left + x] = Math.max(0, Math.min(4095, value));
    }
  }
}

/** Columns, then rows; 13 bits of fraction in the constants, 1 kept between the passes. */
function invert(block: Int32Array): void {
  for (let x = 0; x < 8; x += 1) transformLine(block, x, 8, 12);
  for (let y = 0; y < 8; y += 1) transformLine(block, y * 8, 1, 17);
}

function transformLine(block: Int32Array, first: number, step: number, shift: number): void {
  const at = (i: number): number => block[first + i * step] as number;
  const even = (at(2) + at(6)) * 4433;
  const t2 = even + at(6) * -15_137;
  const t3 = even + at(2) * 6270;
  const t0 = (at(0) + at(4)) * 8192;
  const t1 = (at(0) - at(4)) * 8192;
  const evens = [t0 + t3, t1 + t2, t1 - t2, t0 - t3] as const;
  const z1 = (at(7) + at(1)) * -7373;
  const z2 = (at(5) + at(3)) * -20_995;
  const z5 = (at(7) + at(3) + at(5) + at(1)) * 9633;
  const z3 = (at(7) + at(3)) * -16_069 + z5;
  const z4 = (at(5) + at(1)) * -3196 + z5;
  const odds = [
    at(1) * 12_299 + z1 + z4,
    at(3) * 25_172 + z2 + z3,
    at(5) * 16_819 + z2 + z4,
    at(7) * 2446 + z1 + z3,
  ] as const;
  const half = 2 ** (shift - 1);
  for (let i = 0; i < 4; i += 1) {
    const [even4, odd] = [evens[i] as number, odds[i] as number];
    block[first + i * step] = Math.floor((even4 + odd + half) / 2 ** shift);
    block[first + (7 - i) * step] = Math.floor((even4 - odd + half) / 2 ** shift);
  }
}
