/** Four 32-bit words. */
export type Block = readonly [number, number, number, number];

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The upper 32 bits of the product of two unsigned 32-bit words, from their 16-bit halves. */
function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  // Each sum stays below 2^32.
  const middle = (Math.imul(a1, b0) >>> 0) + (Math.imul(a0, b0) >>> 16);
  const cross = (Math.imul(a0, b1) >>> 0) + (middle & 0xffff);
  return (Math.imul(a1, b1) + (middle >>> 16) + (cross >>> 16)) | 0;
}

/**
 * Philox4x32-10: ten rounds that turn a counter and a key into four random words. A pure function,
 * so any value of a stream can be had without those before it.
 *
 * @param out - takes the four words.
 * @see Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3",
 *   https://doi.org/10.1145/2063384.2063405
 */
export function philoxInto(
  out: Uint32Array,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
): void {
  let [c0, c1, c2, c3] = [counter0 | 0, counter1 | 0, counter2 | 0, counter3 | 0];
  let [k0, k1] = [key0 | 0, key1 | 0];
  for (let round = 0; round < 10; round += 1) {
    const high0 = mulHigh(M0, c0);
    const low0 = Math.imul(M0, c0);
    const high1 = mulHigh(M1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = Math.imul(M1, c2);
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/**
 * Philox4x32-10: encrypts a counter with a key. Any value of a stream can be had without those before it.
 *
 * @returns four words.
 * @see Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3",
 *   https://doi.org/10.1145/2063384.2063405
 */
export function philox4x32(counter: Block, key: readonly [number, number]): Block {
  const out = new Uint32Array(4);
  philoxInto(out, ...counter, ...key);
  return [out[0] as number, out[1] as number, out[2] as number, out[3] as number];
}
