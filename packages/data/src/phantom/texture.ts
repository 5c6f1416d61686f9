import type { Random } from "@dira/random";

/** Smooth noise about 0 with features of `cell` pixels, `[size, size]`. */
export function smoothNoise(size: number, cell: number, random: Random): Float32Array {
  const side = Math.ceil(size / cell) + 2;
  const knots = new Float32Array(side * side);
  for (let i = 0; i < knots.length; i += 1) knots[i] = random.uniform(-1, 1);
  const out = new Float32Array(size * size);
  for (let y = 0; y < size; y += 1) {
    const gy = Math.floor(y / cell);
    const fy = ease(y / cell - gy);
    for (let x = 0; x < size; x += 1) {
      const gx = Math.floor(x / cell);
      const fx = ease(x / cell - gx);
      const at = gy * side + gx;
      const top = mix(knots[at] as number, knots[at + 1] as number, fx);
      const bottom = mix(knots[at + side] as number, knots[at + side + 1] as number, fx);
      out[y * size + x] = mix(top, bottom, fy);
    }
  }
  return out;
}

const ease = (t: number): number => t * t * (3 - 2 * t);
const mix = (a: number, b: number, t: number): number => a + (b - a) * t;

/** Noise of about unit variance, a value per call: the sum of four bytes of a 32-bit generator. */
export function grainSource(random: Random): () => number {
  let state = random.integer(1, 2 ** 32) | 0;
  return () => {
    // xorshift32 (Marsaglia 2003, https://doi.org/10.18637/jss.v008.i14)
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const sum = (state & 255) + ((state >>> 8) & 255) + ((state >>> 16) & 255) + (state >>> 24);
    return (sum - 510) / 147.8;
  };
}
