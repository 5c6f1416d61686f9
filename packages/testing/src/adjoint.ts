import * as tf from "@tensorflow/tfjs";
import type { TensorFunction } from "./gradient.ts";
import { dot, length, pseudoRandom } from "./samples.ts";

/** Options of {@link expectAdjoint}. */
export interface AdjointOptions {
  /** Largest accepted error, relative to the lengths of the vectors. @defaultValue 1e-5 */
  readonly tolerance?: number;
  /** Pairs of random vectors tried. @defaultValue 3 */
  readonly pairs?: number;
}

/**
 * Checks the gradient of a linear function exactly, without differences: `⟨A d, r⟩ = ⟨d, Aᵀ r⟩`, where
 * A d is the function's value and Aᵀ r its gradient under the output gradient r. Tried with random d
 * and r, and with r = A d, where an error of scale shows most. Scalar products are summed in float64.
 *
 * Of a function linear in each of several inputs (a convolution), check one input at a time.
 *
 * @param f - a linear function of one tensor, without a constant part.
 * @param shape - of its input.
 * @throws Error when the gradient is not the adjoint, or the function not linear, with both values.
 */
export function expectAdjoint(
  f: (x: tf.Tensor) => tf.Tensor,
  shape: readonly number[],
  options: AdjointOptions = {},
): void {
  const { tolerance = 1e-5, pairs = 3 } = options;
  expectLinear(f, shape, tolerance);
  for (let k = 0; k < pairs; k += 1) {
    const d = pseudoRandom(shape, 2 * k + 1);
    const image = valuesAt(f, d, shape);
    const random = pseudoRandom([image.length], 2 * k + 2);
    for (const [name, r] of [["r random", random] as const, ["r = A d", image] as const]) {
      const back = adjointOf(f, d, r, shape);
      const [forwards, backwards] = [dot(image, r), dot(d, back)];
      const accepted = tolerance * Math.max(length(image) * length(r), length(d) * length(back));
      if (!(Math.abs(forwards - backwards) <= accepted)) {
        throw new Error(
          `The gradient is not the adjoint (pair ${k}, ${name}): ⟨A d, r⟩ = ${forwards}, ⟨d, Aᵀ r⟩ = ${backwards}; accepted is a difference of ${accepted}.`,
        );
      }
    }
  }
}

/** `A(2a − b) = 2·A a − A b`, which a constant part or a kink breaks. */
function expectLinear(f: TensorFunction, shape: readonly number[], tolerance: number): void {
  const [a, b] = [pseudoRandom(shape, 101), pseudoRandom(shape, 102)];
  const [fa, fb] = [valuesAt(f, a, shape), valuesAt(f, b, shape)];
  const combined = valuesAt(
    f,
    a.map((x, i) => 2 * x - (b[i] ?? 0)),
    shape,
  );
  const error = length(combined.map((y, i) => y - 2 * (fa[i] ?? 0) + (fb[i] ?? 0)));
  const zero = length(valuesAt(f, new Float32Array(a.length), shape));
  const accepted = tolerance * (length(fa) + length(fb));
  if (!(error <= accepted && zero <= accepted)) {
    throw new Error(
      `The function is not linear: A(2a − b) is off 2·A a − A b by ${error}, A 0 has length ${zero}; accepted is ${accepted}.`,
    );
  }
}

function valuesAt(f: TensorFunction, x: Float32Array, shape: readonly number[]): Float32Array {
  return tf.tidy(() => f(tf.tensor(x, [...shape])).dataSync() as Float32Array);
}

function adjointOf(
  f: TensorFunction,
  x: Float32Array,
  r: Float32Array,
  shape: readonly number[],
): Float32Array {
  return tf.tidy(() => {
    const weighted = (input: tf.Tensor): tf.Tensor => {
      const y = f(input);
      return tf.sum(tf.mul(y, tf.tensor(r, y.shape)));
    };
    return tf
      .grad(weighted)(tf.tensor(x, [...shape]))
      .dataSync() as Float32Array;
  });
}
