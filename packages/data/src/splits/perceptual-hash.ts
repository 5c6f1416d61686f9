import { cropResize } from "@dira/augmentations";
import type { Scan } from "../image.ts";

/** Bits of a {@link perceptualHash}. */
const HASH_BITS = 256;

/**
 * A difference hash: the image shrunk to 16 × 17 (a volume to 4 × 8 × 9), and per pixel one bit, whether
 * the next one along the last axis is brighter. Resizing, other formats and changes of brightness or
 * contrast leave most bits as they are.
 *
 * @returns 256 bits in 16 words of 16.
 */
export function perceptualHash(scan: Scan): Uint16Array {
  const { shape } = scan;
  const size = shape.length === 2 ? [16, 17] : [4, 8, 9];
  const box = [...shape.map(() => 0), ...shape];
  const { data } = cropResize(scan, box, size);
  const width = size.at(-1) as number;
  const words = new Uint16Array(HASH_BITS / 16);
  for (let bit = 0; bit < HASH_BITS; bit += 1) {
    const at = Math.floor(bit / (width - 1)) * width + (bit % (width - 1));
    const brighter = (data[at + 1] as number) > (data[at] as number);
    if (brighter) words[bit >> 4] = (words[bit >> 4] as number) | (1 << (bit & 15));
  }
  return words;
}

/** Bits in which two hashes differ. */
export function hammingDistance(a: Uint16Array, b: Uint16Array): number {
  let distance = 0;
  for (let i = 0; i < a.length; i += 1) {
    for (let x = (a[i] as number) ^ (b[i] as number); x !== 0; x &= x - 1) distance += 1;
  }
  return distance;
}

/**
 * All pairs of hashes that differ in at most `limit` bits. Hashes that differ in at most 15 of 256 bits
 * agree in at least one of their 16 words, so only those are compared that share one.
 *
 * @param limit - at most 15.
 */
export function nearPairs(
  hashes: readonly Uint16Array[],
  limit: number,
): { readonly a: number; readonly b: number; readonly distance: number }[] {
  if (!(limit >= 0 && limit <= 15)) {
    throw new RangeError(`nearPairs: the limit must be 0 to 15 bits, got ${limit}.`);
  }
  const found = new Map<number, { a: number; b: number; distance: number }>();
  for (let word = 0; word < HASH_BITS / 16; word += 1) {
    const alike = new Map<number, number[]>();
    hashes.forEach((hash, b) => {
      const value = hash[word] as number;
      const others = alike.get(value) ?? [];
      for (const a of others) {
        const distance = hammingDistance(hashes[a] as Uint16Array, hash);
        if (distance <= limit) found.set(a * hashes.length + b, { a, b, distance });
      }
      others.push(b);
      alike.set(value, others);
    });
  }
  return [...found.values()].sort((x, y) => x.a - y.a || x.b - y.b);
}
