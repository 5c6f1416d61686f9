import type { Sample } from "../arbitraries.ts";
import { dot, pseudoRandom } from "../samples.ts";

/** What a law does to a view before it asks the loss again. All take and give plain data. */

const dims = ({ shape }: Sample): [N: number, C: number] => [shape[0] ?? 0, shape[1] ?? 0];

/** Element (n, c) becomes `f(n, c)`. */
function mapped(sample: Sample, f: (n: number, c: number) => number): Sample {
  const [, C] = dims(sample);
  const values = sample.values.map((_, i) => f(Math.floor(i / C), i % C));
  return { shape: sample.shape, values };
}

const at = ({ values, shape }: Sample, n: number, c: number): number =>
  values[n * (shape[1] ?? 0) + c] ?? NaN;

/** Row n becomes the row `order[n]`. */
export function permuteRows(sample: Sample, order: readonly number[]): Sample {
  return mapped(sample, (n, c) => at(sample, order[n] ?? NaN, c));
}

/** Column c becomes the column `order[c]`. */
export function permuteFeatures(sample: Sample, order: readonly number[]): Sample {
  return mapped(sample, (n, c) => at(sample, n, order[c] ?? NaN));
}

/** Row n times `factors[n]`. */
export function scaleRows(sample: Sample, factors: ArrayLike<number>): Sample {
  return mapped(sample, (n, c) => at(sample, n, c) * (factors[n] ?? NaN));
}

/** Column c times `factors[c]`. */
export function scaleFeatures(sample: Sample, factors: ArrayLike<number>): Sample {
  return mapped(sample, (n, c) => at(sample, n, c) * (factors[c] ?? NaN));
}

/** Column c plus `offsets[c]`. */
export function translate(sample: Sample, offsets: ArrayLike<number>): Sample {
  return mapped(sample, (n, c) => at(sample, n, c) + (offsets[c] ?? NaN));
}

/** Each row reflected at the hyperplanes across two random directions: an orthogonal map. */
export function rotate(sample: Sample, seed: number): Sample {
  const [, C] = dims(sample);
  return [seed, seed + 1].reduce((turned, key) => {
    const axis = pseudoRandom([C], key);
    const square = dot(axis, axis);
    return mapped(turned, (n, c) => {
      const along = dot(turned.values.subarray(n * C, (n + 1) * C), axis);
      return at(turned, n, c) - (2 * along * (axis[c] ?? NaN)) / square;
    });
  }, sample);
}

/** The numbers 0 … size − 1 in pseudo-random order. */
export function orderOf(size: number, seed: number): number[] {
  const keys = pseudoRandom([size], seed);
  return Array.from({ length: size }, (_, i) => i).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
}

/** `size` positive factors, from 0.1 to 10. */
export function factorsOf(size: number, seed: number): Float32Array {
  return pseudoRandom([size], seed).map((u) => 10 ** u);
}
