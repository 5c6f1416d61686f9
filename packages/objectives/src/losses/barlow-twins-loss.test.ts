import { evaluate, pseudoRandom, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { EXTREME, rows, testLaws, valueOf } from "../../test/laws.ts";
import { barlowLoop } from "../../test/references.ts";
import { barlowTwinsLoss } from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

/** Features of a mean of 0, a variance of 1 and no correlation: columns of a Hadamard matrix. */
const white = (): tf.Tensor2D =>
  tf.tensor2d([
    [1, 1, 1],
    [1, -1, -1],
    [-1, 1, -1],
    [-1, -1, 1],
  ]);

describe.each(["batch-norm", "unbiased"] as const)("barlowTwinsLoss, laws, %s", (standardize) => {
  const lambda = 0.3;
  const loss = (z1: tf.Tensor2D, z2: tf.Tensor2D): tf.Scalar =>
    barlowTwinsLoss(z1, z2, { lambda, standardize });
  const batch = [3, 6] as const;
  // Features from 2 to 8: both N < D (Gram matrices) and N ≥ D (the correlation itself).
  testLaws(loss, {
    minBatch: 2,
    batch,
    symmetric: true,
    translationInvariant: "each",
    featurePermutationInvariant: true,
    signInvariant: true,
    paired: true,
    bounds: ({ C }) => [0, 4 * C + lambda * C * (C - 1)],
    ...(standardize === "batch-norm" && { constants: ({ C }) => C }),
    reference: barlowLoop(lambda, standardize),
    finiteNorms: EXTREME,
    tolerance: 5e-4,
    gradientTolerance: 5e-3,
  });
  // Where ε is small against the variance.
  const wide = { batch, norms: [1e4, 1e4], tolerance: 2e-3, gradientTolerance: 1 } as const;
  testLaws(loss, { ...wide, scaleInvariant: "features" }, ({ name }) => name.includes("scale"));
});

describe("barlowTwinsLoss, examples", () => {
  it("has the authors' λ and batch norm by default", () => {
    const [a, b] = [rows(5, 3, 1), rows(5, 3, 2)];
    const options = { lambda: 0.0051, standardize: "batch-norm" } as const;
    expect(valueOf(barlowTwinsLoss(a, b))).toBe(valueOf(barlowTwinsLoss(a, b, options)));
  });

  it("is affine in λ", () => {
    const [a, b] = [rows(6, 4, 1), rows(6, 4, 2)];
    const at = (lambda: number): number => valueOf(barlowTwinsLoss(a, b, { lambda }));
    expect(at(0.7)).toBeCloseTo(at(0) + 0.7 * (at(1) - at(0)), 4);
  });

  it("is 0 for white views alike, and D for views of opposite sign times 4", () => {
    expect(Math.abs(valueOf(barlowTwinsLoss(white(), white(), { lambda: 1 })))).toBeLessThan(1e-6);
    expect(valueOf(barlowTwinsLoss(white(), tf.neg(white())))).toBeCloseTo(12, 3);
  });

  it("leaves (1/N)² a feature for identical views where the deviation is unbiased", () => {
    const unbiased = barlowTwinsLoss(white(), white(), { lambda: 1, standardize: "unbiased" });
    expect(valueOf(unbiased)).toBeCloseTo(3 / 16, 4);
  });

  it("has the same value by Gram matrices as by the correlation: N = 5 to 7 at D = 6", () => {
    for (const N of [5, 6, 7]) {
      const [a, b] = [rows(N, 6, 1), rows(N, 6, 2)];
      const expected = barlowLoop(1, "batch-norm")(a.arraySync(), b.arraySync());
      expect(valueOf(barlowTwinsLoss(a, b, { lambda: 1 })) / expected).toBeCloseTo(1, 5);
    }
  });

  it.each(["batch-norm", "unbiased"] as const)("has a finite gradient at constants, %s", (how) => {
    const constant = { shape: [4, 3], values: new Float32Array(12).fill(0.5) };
    const other = { shape: [4, 3], values: pseudoRandom([4, 3], 1) };
    const loss = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Scalar =>
      barlowTwinsLoss(a, b, { standardize: how });
    const { value, gradients } = evaluate(loss, [constant, other]);
    expect(value).toBeCloseTo(3, 5);
    for (const gradient of gradients) expect(gradient.every(Number.isFinite)).toBe(true);
  });

  it("has the gradient of long embeddings that scale asks for", () => {
    const [a, b] = [rows(6, 4, 1), rows(6, 4, 2)];
    const gradient = (scale: number): tf.Tensor => {
      const loss = (x: tf.Tensor): tf.Scalar => barlowTwinsLoss(x as tf.Tensor2D, b);
      return tf.mul(tf.grad(loss)(tf.mul(a, scale)), scale);
    };
    expect(relativeError(gradient(1e14), gradient(1e4))).toBeLessThan(1e-4);
  });

  it("says what is wrong with the input", () => {
    expect(() => barlowTwinsLoss(rows(1, 3, 1), rows(1, 3, 2))).toThrow(
      "barlowTwinsLoss: needs at least 2 images of 1 feature or more, got [1, 3]. Use a larger batch.",
    );
    for (const lambda of [-1, NaN, Infinity]) {
      expect(() => barlowTwinsLoss(white(), white(), { lambda })).toThrow(
        `barlowTwinsLoss: \`lambda\` must be 0 or more, got ${lambda}.`,
      );
    }
  });
});
