import { embeddings, relativeError, type Sample, toTensor } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { EXTREME, rows, testLaws, valueOf } from "../../test/laws.ts";
import { sinkhornLoop, swappedLoop } from "../../test/references.ts";
import { sinkhorn, swappedPrediction } from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

describe.each([0.1, 0.7])("swappedPrediction, laws at temperature %d", (temperature) => {
  testLaws((scores, codes) => swappedPrediction(scores, codes, { temperature }), {
    detached: [1],
    featurePermutationInvariant: true,
    paired: true,
    reference: swappedLoop(temperature),
    finiteNorms: EXTREME,
  });
});

describe("swappedPrediction, examples", () => {
  it("has a default temperature of 0.1, and is log K for equal scores", () => {
    const [scores, codes] = [rows(4, 5, 1), tf.softmax(rows(4, 5, 2))];
    expect(valueOf(swappedPrediction(scores, codes))).toBe(
      valueOf(swappedPrediction(scores, codes, { temperature: 0.1 })),
    );
    expect(valueOf(swappedPrediction(tf.ones([4, 5]), codes))).toBeCloseTo(Math.log(5), 5);
  });

  it("stays finite at temperature 0.005", () => {
    const loss = (x: tf.Tensor): tf.Scalar =>
      swappedPrediction(x as tf.Tensor2D, tf.softmax(rows(4, 5, 2)), { temperature: 0.005 });
    const { value, grad } = tf.valueAndGrad(loss)(rows(4, 5, 1));
    expect(Number.isFinite(valueOf(value))).toBe(true);
    expect(grad.dataSync().every(Number.isFinite)).toBe(true);
  });

  it("says what is wrong with the input", () => {
    expect(() => swappedPrediction(rows(4, 5, 1), rows(4, 3, 2))).toThrow(
      "swappedPrediction: `codes` must be [N, C] with C = 5 (from `scores`), got [4, 3].",
    );
    expect(() => swappedPrediction(rows(2, 2, 1), rows(2, 2, 2), { temperature: 0 })).toThrow(
      "swappedPrediction: `temperature` must be positive, got 0.",
    );
  });
});

describe("sinkhorn", () => {
  const scores = embeddings({ batch: [1, 7], features: [1, 6] });
  const forAll = (property: (sample: Sample) => void, given = scores): void =>
    fc.assert(
      fc.property(given, (sample) => tf.tidy(() => property(sample))),
      { numRuns: 25 },
    );
  const sums = (codes: tf.Tensor, axis: number): number[] => [...tf.sum(codes, axis).dataSync()];

  it("equals the published iterations in float64", () => {
    fc.assert(
      fc.property(
        scores,
        fc.constantFrom(0.05, 0.2, 1),
        fc.integer({ min: 1, max: 4 }),
        (sample, epsilon, iterations) =>
          tf.tidy(() => {
            const x = toTensor(sample);
            const expected = sinkhornLoop(x.arraySync(), epsilon, iterations).flat();
            const codes = sinkhorn(x, { epsilon, iterations });
            expect(relativeError(codes, expected)).toBeLessThan(1e-4);
          }),
      ),
      { numRuns: 40 },
    );
  });

  it("has ε = 0.05 and 3 iterations by default", () => {
    const x = rows(5, 4, 1);
    const expected = sinkhornLoop(x.arraySync(), 0.05, 3).flat();
    expect(relativeError(sinkhorn(x), expected)).toBeLessThan(1e-4);
  });

  it("has rows that add up to 1, whatever the scores", () => {
    const check = (sample: Sample): void =>
      sums(sinkhorn(toTensor(sample)), 1).forEach((row) => expect(row).toBeCloseTo(1, 5));
    forAll(check);
    forAll(check, embeddings({ norms: EXTREME }));
  });

  it("has columns that add up to N/K after many iterations", () => {
    forAll((sample) => {
      const [N = 0, K = 0] = sample.shape;
      const codes = sinkhorn(toTensor(sample), { epsilon: 0.5, iterations: 300 });
      sums(codes, 0).forEach((column) => expect(column).toBeCloseTo(N / K, 3));
    });
  });

  it("permutes with rows and columns, and ignores an offset of all scores", () => {
    const x = rows(5, 4, 1);
    const [codes, turned] = [x, tf.reverse(x, [0, 1])].map((s) => sinkhorn(s)) as [
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    expect(relativeError(tf.reverse(turned, [0, 1]), codes)).toBeLessThan(1e-5);
    expect(relativeError(sinkhorn(tf.add(x, 0.5)), codes)).toBeLessThan(1e-4);
  });

  it("is a constant to gradients", () => {
    const loss = (x: tf.Tensor): tf.Scalar =>
      tf.add(tf.sum(tf.square(sinkhorn(x as tf.Tensor2D))), tf.sum(tf.mul(x, 0)));
    const gradient = tf
      .grad(loss)(rows(5, 4, 1))
      .dataSync();
    expect(gradient.every((value) => value === 0)).toBe(true);
  });

  it("says what is wrong with the input", () => {
    const x = rows(3, 2, 1);
    expect(() => sinkhorn(tf.ones([3]) as never)).toThrow(
      "sinkhorn: `scores` must be [N, K], got [3].",
    );
    expect(() => sinkhorn(x, { epsilon: 0 })).toThrow(
      "sinkhorn: `epsilon` must be positive, got 0.",
    );
    expect(() => sinkhorn(x, { iterations: 0 })).toThrow(/`iterations` must be positive, got 0/);
    expect(() => sinkhorn(x, { iterations: 1.5 })).toThrow(/`iterations` must be a whole number/);
  });
});
