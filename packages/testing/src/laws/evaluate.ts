import * as tf from "@tensorflow/tfjs";
import { type Sample, toTensor } from "../arbitraries.ts";
import { length } from "../samples.ts";

/** A loss: embeddings of one or more views, each `[N, C]`, to one number. */
export type Loss = (...views: tf.Tensor2D[]) => tf.Scalar;

/** What a loss gives: its value, and per view its gradient, in the order of the view's values. */
export interface Evaluated {
  readonly value: number;
  readonly gradients: readonly Float32Array[];
}

/** Value and gradients; a view that no gradient reaches has one of exact zeros. */
export function evaluate(loss: Loss, samples: readonly Sample[]): Evaluated {
  return tf.tidy(() => {
    // Adds 0 · x, for TensorFlow.js refuses a gradient by what a loss holds constant.
    const reached = (...xs: tf.Tensor[]): tf.Scalar => {
      const nothing = tf.addN(xs.map((x) => tf.sum(tf.mul(x, 0))));
      return tf.add(loss(...(xs as tf.Tensor2D[])), nothing);
    };
    const { value, grads } = tf.valueAndGrads(reached)(samples.map((sample) => toTensor(sample)));
    return {
      value: value.dataSync()[0] ?? NaN,
      gradients: grads.map((gradient) => gradient.dataSync().slice() as Float32Array),
    };
  });
}

/** The loss alone. */
export function valueOf(loss: Loss, samples: readonly Sample[]): number {
  return tf.tidy(() => loss(...samples.map((s) => toTensor(s))).dataSync()[0] ?? NaN);
}

/** @throws Error unless two losses agree, relative to the larger, or to 1 when both are smaller. */
export function expectSame(what: string, own: number, expected: number, tolerance: number): void {
  const accepted = tolerance * Math.max(1, Math.abs(expected));
  if (Math.abs(own - expected) <= accepted) return;
  throw new Error(`${what}: expected ${expected} ± ${accepted}, got ${own}.`);
}

/** @throws Error unless gradients agree within `tolerance` of the expected one's length. */
export function expectSameGradient(
  what: string,
  own: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  const error = length(Array.from(expected, (value, i) => (own[i] ?? NaN) - value));
  const accepted = tolerance * Math.max(length(expected), 1e-3);
  if (own.length === expected.length && error <= accepted) return;
  throw new Error(
    `${what}: the gradient is ${error} away from the expected one; accepted is ${accepted}.`,
  );
}
