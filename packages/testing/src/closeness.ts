import type * as tf from "@tensorflow/tfjs";

type Values = ArrayLike<number> | tf.Tensor;

function valuesOf(x: Values): ArrayLike<number> {
  return "dataSync" in x ? x.dataSync() : x;
}

/**
 * Relative distance `‖a − b‖₂ / ‖b‖₂`, in float64; 0 when both are zero, infinite when only b is.
 *
 * @param a - what was computed. @param b - the reference.
 * @throws Error when the lengths differ.
 */
export function relativeError(a: Values, b: Values): number {
  const [x, y] = [valuesOf(a), valuesOf(b)];
  if (x.length !== y.length) {
    throw new Error(`relativeError: lengths differ, ${x.length} and ${y.length}.`);
  }
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < x.length; i += 1) {
    const [p, q] = [x[i] ?? NaN, y[i] ?? NaN];
    difference += (p - q) ** 2;
    norm += q ** 2;
  }
  if (difference === 0) return 0;
  return Math.sqrt(difference / norm);
}
