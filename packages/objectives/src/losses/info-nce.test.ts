import { relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { EXTREME, rows, testLaws, unitRows, valueOf } from "../../test/laws.ts";
import { infoNceLoop } from "../../test/references.ts";
import { contrast } from "./contrast.ts";
import { embeddingStd, infoNce } from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

const embeddings = fc.record({
  n: fc.integer({ min: 1, max: 6 }),
  c: fc.integer({ min: 2, max: 8 }),
  k: fc.integer({ min: 1, max: 9 }),
  seed: fc.nat(1000),
});

/** Negatives that suit whatever width a law draws. */
const queueOf = (like: tf.Tensor2D): tf.Tensor2D => unitRows(5, like.shape[1], 9);

describe.each([0.07, 0.2, 1])("infoNce, laws at temperature %d", (temperature) => {
  testLaws((q, k) => tf.tidy(() => infoNce(q, k, queueOf(q), { temperature })), {
    detached: [1],
    scaleInvariant: "rows",
    paired: true,
    bounds: () => [
      Math.log1p(5 * Math.exp(-2 / temperature)),
      Math.log1p(5 * Math.exp(2 / temperature)),
    ],
    reference: (q, k) => {
      const queue = tf.tidy(() => unitRows(5, q[0]?.length ?? 0, 9).arraySync());
      return infoNceLoop(temperature, queue)(q, k);
    },
    finiteNorms: EXTREME,
  });
});

describe("infoNce, examples", () => {
  it("is log(1 + K) when every key is alike", () => {
    const ones = tf.ones([3, 4]) as tf.Tensor2D;
    const queue = tf.mul(tf.ones([7, 4]), 0.5) as tf.Tensor2D;
    expect(valueOf(infoNce(ones, ones, queue))).toBeCloseTo(Math.log(8), 5);
  });

  it("names the axis that disagrees, and refuses a temperature of 0", () => {
    expect(() => infoNce(rows(4, 8, 1), rows(4, 6, 1), rows(5, 8, 1))).toThrow(
      "infoNce: `keys` must be [N, C] with C = 8 (from `queries`), got [4, 6].",
    );
    expect(() => infoNce(rows(4, 8, 1), rows(4, 8, 1), rows(5, 6, 1))).toThrow(
      "infoNce: `negatives` must be [K, C] with C = 8 (from `queries`), got [5, 6].",
    );
    expect(() => infoNce(rows(4, 8, 1), rows(4, 8, 1), rows(5, 8, 1), { temperature: 0 })).toThrow(
      /`temperature` must be positive/,
    );
    const none = tf.zeros([0, 8]) as tf.Tensor2D;
    expect(() => infoNce(none, none, rows(5, 8, 1))).toThrow(/needs at least 1 image/);
  });

  it("has a default temperature of 0.2", () => {
    const given = [rows(4, 6, 1), rows(4, 6, 2), unitRows(9, 6, 3)] as const;
    expect(valueOf(infoNce(...given))).toBe(valueOf(infoNce(...given, { temperature: 0.2 })));
  });
});

describe("infoNce, by its negatives", () => {
  const [q, k, queue] = [
    (): tf.Tensor2D => rows(4, 6, 1),
    (): tf.Tensor2D => rows(4, 6, 2),
    (): tf.Tensor2D => unitRows(9, 6, 3),
  ];

  it("ignores the order of negatives", () => {
    const plain = valueOf(infoNce(q(), k(), queue()));
    expect(valueOf(infoNce(q(), k(), tf.reverse(queue(), 0)))).toBeCloseTo(plain, 5);
  });

  it("stays finite at any temperature", () => {
    for (const temperature of [0.001, 0.005, 10, 1e4]) {
      expect(Number.isFinite(valueOf(infoNce(q(), k(), queue(), { temperature })))).toBe(true);
    }
  });

  it("does not depend on the blocks that negatives are taken in", () => {
    fc.assert(
      fc.property(
        embeddings,
        fc.integer({ min: 1, max: 10 }),
        fc.constantFrom(0.02, 0.2, 1),
        ({ n, c, k, seed }, size, temperature) => {
          const [q, key, negatives] = [
            rows(n, c, seed),
            rows(n, c, seed + 1),
            rows(k, c, seed + 2),
          ];
          const [block, whole] = [size, k].map((rowsEach) =>
            tf.valueAndGrad((x) =>
              contrast(x as tf.Tensor2D, key, negatives, temperature, rowsEach),
            )(q),
          ) as [{ value: tf.Tensor; grad: tf.Tensor }, { value: tf.Tensor; grad: tf.Tensor }];
          expect(relativeError(block.grad, whole.grad)).toBeLessThan(1e-5);
          expect(Math.abs(valueOf(tf.sub(block.value, whole.value)))).toBeLessThan(
            1e-5 * (1 + Math.abs(valueOf(whole.value as tf.Scalar))),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it("has the gradient of the plain formula", () => {
    const [keys, negatives] = [k(), queue()];
    const plain = (x: tf.Tensor): tf.Scalar => {
      const positive = tf.sum(tf.mul(x, keys), 1, true);
      const all = tf.concat([positive, tf.matMul(x, negatives, false, true)], 1);
      return tf.mean(tf.sub(tf.logSumExp(tf.div(all, 0.2), 1, true), tf.div(positive, 0.2)));
    };
    const expected = tf.grad(plain)(q());
    const ours = tf.grad((x) => contrast(x as tf.Tensor2D, keys, negatives, 0.2, 4))(q());
    expect(relativeError(ours, expected)).toBeLessThan(1e-5);
  });

  it("is 0 without negatives", () => {
    const none = tf.zeros([0, 6]) as tf.Tensor2D;
    const { value, grad } = tf.valueAndGrad((x) => infoNce(x as tf.Tensor2D, k(), none))(q());
    expect(valueOf(value as tf.Scalar)).toBe(0);
    expect(grad.dataSync().every((x) => Math.abs(x) < 1e-7)).toBe(true);
  });
});

describe("embeddingStd", () => {
  it("is 0 for a collapsed batch, and near 1 for random directions", () => {
    expect(valueOf(embeddingStd(tf.ones([8, 16])))).toBeCloseTo(0, 4);
    expect(valueOf(embeddingStd(rows(512, 64, 5)))).toBeCloseTo(1, 1);
  });
});
