import * as tf from "@tensorflow/tfjs";
import { isCheckpointRight } from "./check-checkpoint.ts";
import { detach } from "./detach.ts";
import { type OpCase, opCases } from "./op-cases.ts";

/** Accepted error: above the rounding of a GPU's TF32 products, below any fault worth the name. */
const TOLERANCE = 1e-2;
const STEP = 0.02;

/**
 * A quick self-check of the engine in use: the gradients of every operation of this package, in 2D and
 * 3D, of linear ones as exact adjoints, of others against central differences; and whether `checkpoint`
 * works, which needs a tape within a tape. Takes well under a second on a native engine.
 *
 * @returns the names of the operations whose gradients are wrong or missing, `checkpoint` among them when
 *   it fails; empty when all is well.
 */
export function checkEngine(): string[] {
  const wrong = opCases()
    .filter((c) => !isGradientRight(c))
    .map((c) => c.name);
  return isCheckpointRight() ? wrong : [...wrong, "checkpoint"];
}

function isGradientRight(c: OpCase): boolean {
  try {
    return tf.tidy(() => (c.kind === "linear" ? isAdjointRight(c) : isSlopeRight(c)));
  } catch {
    return false;
  }
}

/**
 * Of f linear in each input apart, `⟨f, r⟩ = ⟨xᵢ, ∂⟨f, r⟩/∂xᵢ⟩` for each i. With r = f plus waves, an
 * error of scale shows and so does one of place.
 */
function isAdjointRight({ op, shapes }: OpCase): boolean {
  const inputs = shapes.map((shape, i) => waves(shape, i + 1));
  const f = (...xs: tf.Tensor[]): tf.Tensor => {
    const y = op(...(xs as [tf.Tensor]));
    return tf.sum(tf.mul(y, tf.add(detach(y), waves(y.shape, 11))));
  };
  const { value, grads } = tf.valueAndGrads(f)(inputs);
  const expected = numberOf(value);
  return grads.every((gradient, i) => {
    const found = numberOf(tf.sum(tf.mul(gradient, inputs[i] as tf.Tensor)));
    return Math.abs(found - expected) <= TOLERANCE * Math.abs(expected);
  });
}

/** `⟨∇φ, d⟩` against Richardson's central differences of `φ = ⟨f, r⟩` for each input. */
function isSlopeRight({ op, shapes, kind }: OpCase): boolean {
  const inputs = shapes.map((shape, i) => (kind === "kinks" ? steps : waves)(shape, i + 1));
  const f = (...xs: tf.Tensor[]): tf.Tensor => {
    const y = op(...(xs as [tf.Tensor]));
    return tf.sum(tf.mul(y, waves(y.shape, 11)));
  };
  return tf
    .grads(f)(inputs)
    .every((gradient, i) => {
      const direction = waves((inputs[i] as tf.Tensor).shape, i + 5);
      const slope = (h: number): number => {
        const [ahead, behind] = [h, -h].map((t) =>
          numberOf(f(...inputs.map((x, j) => (i === j ? tf.add(x, tf.mul(direction, t)) : x)))),
        ) as [number, number];
        return (ahead - behind) / (2 * h);
      };
      const numeric = (4 * slope(STEP) - slope(2 * STEP)) / 3;
      const length = numberOf(tf.sqrt(tf.sum(tf.square(gradient))));
      const analytic = numberOf(tf.sum(tf.mul(gradient, direction)));
      return Math.abs(numeric - analytic) <= TOLERANCE * (length + Math.abs(numeric));
    });
}

function numberOf(x: tf.Tensor): number {
  return x.dataSync()[0] ?? NaN;
}

/** Values in (−1, 1) without pattern. */
function waves(shape: readonly number[], seed: number): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin((i + 1) * 12.9898 * seed));
  return tf.tensor(values, [...shape]);
}

/** Values 0.2 apart in mixed order, none near 0: no maximum or sign changes within a step. */
function steps(shape: readonly number[], seed: number): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const waving = Float32Array.from({ length: size }, (_, i) => Math.sin((i + 1) * 12.9898 * seed));
  const order = Array.from(waving, (_, i) => i).sort((a, b) => (waving[a] ?? 0) - (waving[b] ?? 0));
  const values = new Float32Array(size);
  order.forEach((place, rank) => (values[place] = 0.2 * (rank - Math.floor(size / 2) + 0.5)));
  return tf.tensor(values, [...shape]);
}
