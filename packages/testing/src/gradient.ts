import * as tf from "@tensorflow/tfjs";
import { slopeAtZero } from "./differences.ts";
import { dot, length, pseudoRandom } from "./samples.ts";

/** A function of tensors that gives one tensor. */
export type TensorFunction = (...inputs: tf.Tensor[]) => tf.Tensor;

/** Options of {@link expectGradient}. */
export interface GradientOptions {
  /**
   * Largest accepted error of the gradient's component along a direction, as a part of the gradient's
   * length. @defaultValue 2e-3
   */
  readonly tolerance?: number;
  /**
   * The most that any element moves in the first, largest step; with kinks, less than their distance.
   * @defaultValue a tenth of the input's root mean square (0.1 if that is 0)
   */
  readonly step?: number;
  /** A gradient shorter than this counts as being this long. @defaultValue 1e-3 */
  readonly floor?: number;
  /** Random directions per input, beside the gradient's own. @defaultValue 3 */
  readonly directions?: number;
}

/**
 * Checks the gradient of `f` with respect to each input against central differences along direction 0,
 * the gradient's own (where an error of scale shows most), and directions of random signs (where one of
 * any element shows).
 *
 * `⟨∇φ, d⟩ ≈ (φ(x + h·d) − φ(x − h·d)) / 2h` with `φ = ⟨f(x), r⟩`, r random and fixed. Float32 can't hide
 * a fault: φ is summed in float64, steps are halved and extrapolated until they agree, and rounding
 * noise is measured. When differences are less certain
 * than the tolerance asks for (noise, or a kink within the smallest step), the check throws rather
 * than passes. Keep inputs away from kinks ({@link distinctValues}) by more than `step`.
 *
 * PyTorch's counterpart is `torch.autograd.gradcheck`, which needs float64.
 *
 * @throws Error naming the input, the direction, both values and the accepted difference.
 */
export function expectGradient(
  f: TensorFunction,
  inputs: readonly tf.Tensor[],
  options: GradientOptions = {},
): void {
  tf.tidy(() => {
    const weights = tf.tidy(() => pseudoRandom(f(...inputs).shape, 17));
    const gradients = gradientsOf(f, inputs, weights);
    gradients.forEach((gradient, index) => {
      const directions = directionsFor(gradient, index, options.directions ?? 3);
      directions.forEach((direction, k) => {
        const problem = problemAlong({ f, inputs, weights, index, gradient, direction, options });
        if (problem !== undefined)
          throw new Error(`Gradient of input ${index} along direction ${k}: ${problem}`);
      });
    });
  });
}

/** Gradients of `⟨f(inputs), weights⟩`, as plain numbers. */
function gradientsOf(
  f: TensorFunction,
  inputs: readonly tf.Tensor[],
  weights: Float32Array,
): Float32Array[] {
  return tf.tidy(() => {
    const weighted: TensorFunction = (...xs) => {
      const y = f(...xs);
      return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
    };
    return tf
      .grads(weighted)([...inputs])
      .map((gradient, index) => {
        const input = inputs[index] as tf.Tensor;
        if (gradient.shape.join() !== input.shape.join()) {
          throw new Error(
            `Gradient of input ${index} has shape [${gradient.shape.join(", ")}], the input [${input.shape.join(", ")}].`,
          );
        }
        return gradient.dataSync() as Float32Array;
      });
  });
}

interface Case {
  readonly f: TensorFunction;
  readonly inputs: readonly tf.Tensor[];
  readonly weights: Float32Array;
  readonly index: number;
  readonly gradient: Float32Array;
  readonly direction: Float64Array;
  readonly options: GradientOptions;
}

/** What is wrong with the gradient along a direction, or undefined. */
function problemAlong(c: Case): string | undefined {
  const { tolerance = 2e-3, floor = 1e-3 } = c.options;
  const start = (c.inputs[c.index] as tf.Tensor).dataSync();
  const step = c.options.step ?? 0.1 * (length(start) / Math.sqrt(start.length) || 1);
  const steepest = c.direction.reduce((most, d) => Math.max(most, Math.abs(d)), 0);
  const accepted = tolerance * Math.max(floor, length(c.gradient));
  const at = (t: number): number =>
    valueOf(
      c,
      start.map((x, i) => x + t * (c.direction[i] ?? 0)),
    );
  const { value, uncertainty } = slopeAtZero({ at, step: step / steepest }, accepted / 8);
  if (!(uncertainty <= accepted / 2)) {
    return `differences give ${value} ± ${uncertainty}, too uncertain to tell errors of ${accepted}. Is the input near a kink, or the function too noisy for this tolerance?`;
  }
  const analytic = dot(c.gradient, c.direction);
  if (Math.abs(value - analytic) <= accepted) return undefined;
  return `differences give ${value} ± ${uncertainty}, the gradient ${analytic}; accepted is a difference of ${accepted}.`;
}

/** `⟨f(…, moved, …), weights⟩`, summed in float64. */
function valueOf({ f, inputs, weights, index }: Case, moved: ArrayLike<number>): number {
  return tf.tidy(() => {
    const at = inputs.map((x, i) => (i === index ? tf.tensor(moved as Float32Array, x.shape) : x));
    return dot(f(...at).dataSync(), weights);
  });
}

/** The gradient's own direction, unless it is zero, then directions of random signs; all of length 1. */
function directionsFor(gradient: Float32Array, index: number, random: number): Float64Array[] {
  const own = length(gradient);
  const signs = Array.from({ length: random }, (_, k) => {
    const values = pseudoRandom([gradient.length], 31 * index + k + 1);
    return Float64Array.from(values, (v) => (v < 0 ? -1 : 1) / Math.sqrt(values.length));
  });
  return own > 0 ? [Float64Array.from(gradient, (g) => g / own), ...signs] : signs;
}
