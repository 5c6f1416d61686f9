import { readFileSync } from "node:fs";
import { expectGradient, expectNoLeak, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { contrast } from "./contrast.ts";
import { embeddingStd, infoNce } from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

const rows = (n: number, c: number, seed: number): tf.Tensor2D =>
  tf.randomNormal([n, c], 0, 1, "float32", seed) as tf.Tensor2D;
const unitRows = (n: number, c: number, seed: number): tf.Tensor2D =>
  tf.tidy(() => tf.div(rows(n, c, seed), tf.norm(rows(n, c, seed), 2, 1, true)));
const valueOf = (x: tf.Scalar): number => x.dataSync()[0] ?? NaN;
const embeddings = fc.record({
  n: fc.integer({ min: 1, max: 6 }),
  c: fc.integer({ min: 2, max: 8 }),
  k: fc.integer({ min: 1, max: 9 }),
  seed: fc.nat(1000),
});

/** Equation 1 of MoCo as a double loop in float64. */
function loop(q: number[][], k: number[][], queue: number[][], temperature: number): number {
  const unit = (v: number[]): number[] => v.map((x) => x / Math.hypot(...v));
  const similarity = (a: number[], b: number[]): number =>
    a.reduce((s, x, i) => s + x * (b[i] ?? 0), 0);
  const losses = q.map((query, i) => {
    const positive = Math.exp(similarity(unit(query), unit(k[i] ?? [])) / temperature);
    const negatives = queue.map((n) => Math.exp(similarity(unit(query), n) / temperature));
    return -Math.log(positive / (positive + negatives.reduce((a, b) => a + b, 0)));
  });
  return losses.reduce((a, b) => a + b, 0) / losses.length;
}

describe("infoNce, parity", () => {
  it("equals the paper's double loop", () => {
    fc.assert(
      fc.property(embeddings, fc.constantFrom(0.07, 0.2, 1), ({ n, c, k, seed }, temperature) => {
        const [q, key, queue] = [rows(n, c, seed), rows(n, c, seed + 1), unitRows(k, c, seed + 2)];
        const expected = loop(q.arraySync(), key.arraySync(), queue.arraySync(), temperature);
        expect(valueOf(infoNce(q, key, queue, { temperature }))).toBeCloseTo(expected, 3);
      }),
      { numRuns: 40 },
    );
  });

  interface Golden {
    readonly cases: Record<
      string,
      { temperature: number; loss: number; queryGradient: number[][] }
    >;
  }
  const path = new URL("../../test/info-nce.golden.json", import.meta.url);
  const golden = JSON.parse(readFileSync(path, "utf8")) as Golden;
  it.each(Object.entries(golden.cases))(
    "%s: loss and gradient of an independent implementation",
    (_, item) => {
      const table = (n: number, f: (index: number) => number): tf.Tensor2D =>
        tf.tensor2d(
          Array.from({ length: n * 4 }, (_, i) => f(i + 1)),
          [n, 4],
        );
      const q = table(6, Math.sin);
      const k = table(6, (i) => Math.cos(0.5 * i));
      const raw = table(8, (i) => Math.sin(2 * i + 0.1));
      const queue = tf.div(raw, tf.norm(raw, 2, 1, true)) as tf.Tensor2D;
      const loss = (x: tf.Tensor): tf.Scalar =>
        infoNce(x as tf.Tensor2D, k, queue, { temperature: item.temperature });
      expect(valueOf(loss(q))).toBeCloseTo(item.loss, 4);
      expect(relativeError(tf.grad(loss)(q), item.queryGradient.flat())).toBeLessThan(1e-4);
    },
  );
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
    expect(() => infoNce(rows(4, 8, 1), rows(4, 8, 1), rows(5, 8, 1), { temperature: 0 })).toThrow(
      /`temperature` must be positive/,
    );
  });
});

describe("infoNce, laws", () => {
  const [q, k, queue] = [
    (): tf.Tensor2D => rows(4, 6, 1),
    (): tf.Tensor2D => rows(4, 6, 2),
    (): tf.Tensor2D => unitRows(9, 6, 3),
  ];

  it("ignores the length of queries and keys, and the order of negatives", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (a, b) => {
          const plain = valueOf(infoNce(q(), k(), queue()));
          const scaled = infoNce(tf.mul(q(), a), tf.mul(k(), b), tf.reverse(queue(), 0));
          expect(valueOf(scaled)).toBeCloseTo(plain, 3);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("ignores a joint permutation of the batch, not one of the keys alone", () => {
    const order = tf.tensor1d([2, 0, 3, 1], "int32");
    const plain = valueOf(infoNce(q(), k(), queue()));
    expect(valueOf(infoNce(tf.gather(q(), order), tf.gather(k(), order), queue()))).toBeCloseTo(
      plain,
      5,
    );
    expect(Math.abs(valueOf(infoNce(q(), tf.gather(k(), order), queue())) - plain)).toBeGreaterThan(
      1e-3,
    );
  });

  it("stays finite at any temperature", () => {
    for (const temperature of [0.001, 0.005, 10, 1e4]) {
      expect(Number.isFinite(valueOf(infoNce(q(), k(), queue(), { temperature })))).toBe(true);
    }
  });

  it("has the gradient of central differences, orthogonal to each query", () => {
    expectGradient((x) => infoNce(x as tf.Tensor2D, k(), queue()), [q()], {
      step: 1e-2,
      tolerance: 2e-2,
    });
    const gradient = tf.grad((x) => infoNce(x as tf.Tensor2D, k(), queue()))(q());
    for (const along of tf.sum(tf.mul(gradient, q()), 1).dataSync())
      expect(Math.abs(along)).toBeLessThan(1e-5);
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

  it("leaves no tensor behind", () => {
    const [a, b, c] = [q(), k(), queue()];
    expectNoLeak(() => tf.grad((x) => infoNce(x as tf.Tensor2D, b, c))(a));
    expectNoLeak(() => infoNce(a, b, c));
  });
});

describe("embeddingStd", () => {
  it("is 0 for a collapsed batch, and near 1 for random directions", () => {
    expect(valueOf(embeddingStd(tf.ones([8, 16])))).toBeCloseTo(0, 4);
    expect(valueOf(embeddingStd(rows(512, 64, 5)))).toBeCloseTo(1, 1);
  });
});
