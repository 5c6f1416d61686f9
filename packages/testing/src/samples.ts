import * as tf from "@tensorflow/tfjs";

/**
 * Fixed pseudo-random numbers in (−1, 1), by a hash of position and seed: the same on every engine and
 * machine.
 */
export function pseudoRandom(shape: readonly number[], seed: number): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  return Float32Array.from({ length: size }, (_, i) => hash(i, seed) / 2 ** 31 - 1);
}

/**
 * Distinct values in pseudo-random order, `gap` apart and none nearer to 0 than half a gap: a step of
 * less than half a gap changes no maximum and no sign. For operations with kinks (ReLU, max pooling):
 * give {@link expectGradient} a `step` of a quarter gap.
 *
 * @param gap - distance of neighbouring values. @defaultValue 0.2
 */
export function distinctValues(shape: readonly number[], seed: number, gap = 0.2): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const order = Array.from({ length: size }, (_, i) => i).sort(
    (a, b) => hash(a, seed) - hash(b, seed) || a - b,
  );
  const values = new Float32Array(size);
  order.forEach((position, rank) => {
    values[position] = gap * (rank - Math.floor(size / 2) + 0.5);
  });
  return tf.tensor(values, [...shape]);
}

/** A whole number in [0, 2³²). */
function hash(position: number, seed: number): number {
  let h = Math.imul(position + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** Scalar product, summed in float64. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? NaN) * (b[i] ?? NaN);
  return sum;
}

/** Euclidean length, in float64. */
export function length(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}
