import type { Random } from "@dira/random";

/**
 * A quick stream of numbers in [0, 1), for the many draws of textures and vessels: xorshift32, started
 * from a keyed stream.
 *
 * @see Marsaglia 2003, https://doi.org/10.18637/jss.v008.i14
 */
export function quickUniform(random: Random): () => number {
  let state = random.integer(1, 2 ** 32) | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Smooth noise, for {@link addSmoothNoise}. */
export interface SmoothNoise {
  /** Size of its features per axis of the shape, in pixels. */
  readonly cell: readonly number[];
  /** What values from −1 to 1 are multiplied by. */
  readonly amount: number;
  readonly uniform: () => number;
}

/**
 * Adds smooth noise about 0: random knots every `cell` pixels along each axis, with eased interpolation
 * between them.
 */
export function addSmoothNoise(
  out: Float32Array,
  shape: readonly number[],
  { cell, amount, uniform }: SmoothNoise,
): void {
  const sides = shape.map((n, axis) => Math.ceil(n / (cell[axis] as number)) + 2);
  let data = new Float32Array(sides.reduce((a, b) => a * b, 1));
  for (let i = 0; i < data.length; i += 1) data[i] = amount * (2 * uniform() - 1);
  // The last axis first: the arrays between stay small.
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const length = shape[axis] as number;
    const inner = sides.slice(axis + 1).reduce((a, b) => a * b, 1);
    const count = sides[axis] as number;
    const outer = data.length / count / inner;
    const to = axis === 0 ? out : new Float32Array(outer * length * inner);
    interpolate(data, to, { outer, count, inner, length, cell: cell[axis] as number });
    if (axis > 0) data = to as Float32Array<ArrayBuffer>;
    sides[axis] = length;
  }
}

interface Axis {
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
  readonly length: number;
  readonly cell: number;
}

/** Widens one axis of an array from knots to pixels, and adds it to another. */
function interpolate(
  knots: Float32Array,
  out: Float32Array,
  { outer, count, inner, length, cell }: Axis,
): void {
  for (let o = 0, at = 0; o < outer; o += 1) {
    for (let i = 0; i < length; i += 1) {
      const knot = Math.floor(i / cell);
      const t = i / cell - knot;
      const share = t * t * (3 - 2 * t);
      const from = (o * count + knot) * inner;
      for (let k = from; k < from + inner; k += 1, at += 1) {
        const low = knots[k] as number;
        out[at] = (out[at] as number) + low + ((knots[k + inner] as number) - low) * share;
      }
    }
  }
}

/** One step of xorshift32, for loops that keep its state themselves. */
export function nextState(state: number): number {
  let s = state;
  s ^= s << 13;
  s ^= s >>> 17;
  return s ^ (s << 5);
}

/** A number of about zero mean and unit variance from 32 random bits: the sum of their four bytes. */
export function grainOf(state: number): number {
  const sum = (state & 255) + ((state >>> 8) & 255) + ((state >>> 16) & 255) + (state >>> 24);
  return (sum - 510) / 147.8;
}
