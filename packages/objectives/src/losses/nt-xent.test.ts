import { evaluate, type Sample, views } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { EXTREME, rows, testLaws, valueOf } from "../../test/laws.ts";
import { ntXentLoop } from "../../test/references.ts";
import { ntXent } from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

describe.each([0.1, 0.5])("ntXent, laws at temperature %d", (temperature) => {
  testLaws((z1, z2) => ntXent(z1, z2, { temperature }), {
    minBatch: 2,
    symmetric: true,
    scaleInvariant: "rows",
    rotationInvariant: true,
    featurePermutationInvariant: true,
    signInvariant: true,
    paired: true,
    bounds: ({ N }) => [
      Math.log1p((2 * N - 2) * Math.exp(-2 / temperature)),
      Math.log1p((2 * N - 2) * Math.exp(2 / temperature)),
    ],
    constants: ({ N }) => Math.log(2 * N - 1),
    reference: ntXentLoop(temperature),
    finiteNorms: EXTREME,
  });
});

describe("ntXent, examples", () => {
  it("has a default temperature of 0.1", () => {
    const [a, b] = [rows(4, 3, 1), rows(4, 3, 2)];
    expect(valueOf(ntXent(a, b))).toBe(valueOf(ntXent(a, b, { temperature: 0.1 })));
  });

  it("stays finite and right at temperature 0.005, whatever the lengths", () => {
    const loss = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Scalar =>
      ntXent(a, b, { temperature: 0.005 });
    const check = (samples: Sample[]): void => {
      const { value, gradients } = evaluate(loss, samples);
      expect(Number.isFinite(value)).toBe(true);
      for (const gradient of gradients) expect(gradient.every(Number.isFinite)).toBe(true);
    };
    fc.assert(fc.property(views(2, { norms: EXTREME }), check), { numRuns: 20 });
    const [a, b] = [rows(5, 4, 1), rows(5, 4, 2)];
    const expected = ntXentLoop(0.005)(a.arraySync(), b.arraySync());
    expect(valueOf(loss(a, b)) / expected).toBeCloseTo(1, 5);
  });

  it("is log(2N − 1) at a high temperature", () => {
    const loss = ntXent(rows(5, 4, 1), rows(5, 4, 2), { temperature: 1e6 });
    expect(valueOf(loss)).toBeCloseTo(Math.log(9), 5);
  });

  it("is near 0 for views alike and images at right angles", () => {
    const z = tf.eye(4);
    expect(valueOf(ntXent(z, z, { temperature: 0.05 }))).toBeLessThan(1e-6);
  });

  it("projects the gradient of long embeddings as that of short ones", () => {
    const [a, b] = [rows(4, 3, 1), rows(4, 3, 2)];
    const gradient = (scale: number): tf.Tensor => {
      const loss = (x: tf.Tensor): tf.Scalar => ntXent(x as tf.Tensor2D, b);
      return tf.mul(tf.grad(loss)(tf.mul(a, scale)), scale);
    };
    const expected = gradient(1).dataSync();
    for (const scale of [1e-10, 1e10, 1e15]) {
      gradient(scale)
        .dataSync()
        .forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 4));
    }
  });

  it.each([0, -1, NaN, Infinity])("refuses a temperature of %d", (temperature) => {
    expect(() => ntXent(rows(4, 3, 1), rows(4, 3, 2), { temperature })).toThrow(
      `ntXent: \`temperature\` must be positive, got ${temperature}.`,
    );
  });

  it("says what is wrong with the input", () => {
    expect(() => ntXent(rows(1, 3, 1), rows(1, 3, 2))).toThrow(
      "ntXent: needs at least 2 images of 1 feature or more, got [1, 3]. Use a larger batch.",
    );
    expect(() => ntXent(rows(4, 3, 1), rows(4, 2, 2))).toThrow(
      "ntXent: `z2` must be [N, C] with C = 3 (from `z1`), got [4, 2].",
    );
  });
});
