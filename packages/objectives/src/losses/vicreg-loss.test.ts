import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { rows, testLaws, valueOf } from "../../test/laws.ts";
import { vicRegLoop } from "../../test/references.ts";
import { vicRegLoss } from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

/** The deviation of every feature is 2, and no two covary. */
const decorrelated = (): tf.Tensor2D =>
  tf.mul(
    tf.tensor2d([
      [1, 1, 1],
      [1, -1, -1],
      [-1, 1, -1],
      [-1, -1, 1],
    ]),
    Math.sqrt(3),
  );

describe("vicRegLoss, laws", () => {
  // Features from 2 to 8: both N < D (Gram matrices) and N ≥ D (the covariance itself).
  testLaws((z1, z2) => vicRegLoss(z1, z2, { invariance: 3, variance: 5, covariance: 7 }), {
    minBatch: 2,
    symmetric: true,
    translationInvariant: "joint",
    featurePermutationInvariant: true,
    signInvariant: true,
    paired: true,
    bounds: () => [0, Infinity],
    constants: () => 5 * (1 - 0.01),
    reference: vicRegLoop([3, 5, 7]),
    // A covariance is squared: the fourth power of a length.
    finiteNorms: [1e-20, 1e8],
    tolerance: 2e-4,
  });
});

describe("vicRegLoss, laws of variance and covariance alone", () => {
  testLaws((z1, z2) => vicRegLoss(z1, z2, { invariance: 0, views: "sum", epsilon: 0.01 }), {
    minBatch: 2,
    translationInvariant: "each",
    constants: () => 2 * 25 * (1 - 0.1),
    reference: vicRegLoop([0, 25, 1], 0.01, 1),
    finiteNorms: [1e-20, 1e8],
    tolerance: 2e-4,
  });
});

describe("vicRegLoss, examples", () => {
  const [a, b] = [(): tf.Tensor2D => rows(6, 4, 1), (): tf.Tensor2D => rows(6, 4, 2)];

  it("has the paper's weights and the mean of variances by default", () => {
    const options = { invariance: 25, variance: 25, covariance: 1, epsilon: 1e-4 } as const;
    expect(valueOf(vicRegLoss(a(), b()))).toBe(
      valueOf(vicRegLoss(a(), b(), { ...options, views: "mean" })),
    );
  });

  it("is 24.75 for constants", () => {
    expect(valueOf(vicRegLoss(tf.ones([4, 3]), tf.ones([4, 3])))).toBeCloseTo(24.75, 4);
  });

  it("has no variance term once deviations reach 1, nor a gradient by it", () => {
    const only = (x: tf.Tensor): tf.Scalar =>
      vicRegLoss(x as tf.Tensor2D, decorrelated(), { invariance: 0, covariance: 0 });
    const { value, grad } = tf.valueAndGrad(only)(decorrelated());
    expect(valueOf(value)).toBe(0);
    expect(grad.dataSync().every((x) => x === 0)).toBe(true);
  });

  it("has no covariance term for decorrelated features", () => {
    const options = { invariance: 0, variance: 0, covariance: 1 };
    expect(Math.abs(valueOf(vicRegLoss(decorrelated(), decorrelated(), options)))).toBeLessThan(
      1e-4,
    );
  });

  it("has an invariance term that grows with the square of the scale", () => {
    const at = (scale: number): number =>
      valueOf(vicRegLoss(tf.mul(a(), scale), tf.mul(b(), scale), { variance: 0, covariance: 0 }));
    expect(at(3) / at(1)).toBeCloseTo(9, 4);
  });

  it("has the same value by Gram matrices as by the covariance: N = 5 to 7 at D = 6", () => {
    for (const N of [5, 6, 7]) {
      const [z1, z2] = [rows(N, 6, 1), rows(N, 6, 2)];
      const expected = vicRegLoop([25, 25, 1])(z1.arraySync(), z2.arraySync());
      expect(valueOf(vicRegLoss(z1, z2)) / expected).toBeCloseTo(1, 5);
    }
  });

  it("says what is wrong with the input", () => {
    expect(() => vicRegLoss(rows(1, 3, 1), rows(1, 3, 2))).toThrow(
      "vicRegLoss: needs at least 2 images of 1 feature or more, got [1, 3]. Use a larger batch.",
    );
    for (const option of ["invariance", "variance", "covariance", "epsilon"]) {
      expect(() => vicRegLoss(a(), b(), { [option]: -1 })).toThrow(
        `vicRegLoss: \`${option}\` must be 0 or more, got -1.`,
      );
    }
  });
});
