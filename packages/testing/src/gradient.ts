import * as tf from "@tensorflow/tfjs";

/** Options of {@link expectGradient}. */
export interface GradientOptions {
  /** Half the step of the central difference. @defaultValue 1e-2 */
  readonly step?: number;
  /** Largest accepted |numeric − analytic| / (|numeric| + |analytic| + floor). @defaultValue 1e-2 */
  readonly tolerance?: number;
  /** Keeps the ratio sensible where both vanish. @defaultValue 1e-2 */
  readonly floor?: number;
  /** Random directions tried per input. @defaultValue 3 */
  readonly directions?: number;
}

/**
 * Checks the gradient of `f` with respect to each input against central differences along random
 * directions: `⟨∇f, d⟩ ≈ (f(x + h·d) − f(x − h·d)) / 2h`. The result of `f` is weighted by fixed
 * random numbers and summed in float64, so that float32 summation cannot hide a fault.
 *
 * @param f - a smooth function of its inputs (keep inputs away from kinks by more than the step).
 * @throws Error naming the input, the direction and both values.
 */
export function expectGradient(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  options: GradientOptions = {},
): void {
  const { step = 1e-2, tolerance = 1e-2, floor = 1e-2, directions = 3 } = options;
  tf.tidy(() => {
    const weights = signs(f(...inputs).shape, 17);
    const weighted = (...xs: tf.Tensor[]): tf.Tensor => tf.sum(tf.mul(f(...xs), weights));
    const gradients = tf.grads(weighted)([...inputs]);
    const weightValues = weights.dataSync();
    const at = (index: number, direction: tf.Tensor, h: number): number => {
      const moved = inputs.map((x, i) => (i === index ? tf.add(x, tf.mul(direction, h)) : x));
      return dot(f(...moved).dataSync(), weightValues);
    };
    gradients.forEach((gradient, index) => {
      const input = inputs[index] as tf.Tensor;
      if (gradient.shape.join() !== input.shape.join()) {
        throw new Error(
          `Gradient ${index} has shape [${gradient.shape.join(", ")}], its input [${input.shape.join(", ")}].`,
        );
      }
      for (let k = 0; k < directions; k += 1) {
        const direction = signs(input.shape, 31 * index + k + 1);
        const analytic = dot(gradient.dataSync(), direction.dataSync());
        const numeric = (at(index, direction, step) - at(index, direction, -step)) / (2 * step);
        const error = Math.abs(numeric - analytic);
        const scale = Math.abs(numeric) + Math.abs(analytic) + floor;
        if (!(error / scale <= tolerance)) {
          throw new Error(
            `Gradient of input ${index} along direction ${k}: central difference ${numeric}, analytic ${analytic} (relative ${error / scale}).`,
          );
        }
      }
    });
  });
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** A fixed pseudo-random tensor in (−1, 1), by a hash of position and seed. */
function signs(shape: readonly number[], seed: number): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: size }, (_, i) => {
    let h = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
    return ((h ^ (h >>> 15)) >>> 0) / 2 ** 31 - 1;
  });
  return tf.tensor(values, shape as number[]);
}
