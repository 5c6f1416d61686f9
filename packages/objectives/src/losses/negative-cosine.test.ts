import { relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { EXTREME, rows, testLaws, valueOf } from "../../test/laws.ts";
import { byolLoop, cosineLoop } from "../../test/references.ts";
import { byolLoss, negativeCosine } from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

const common = {
  detached: [1],
  scaleInvariant: "rows",
  rotationInvariant: true,
  featurePermutationInvariant: true,
  signInvariant: true,
  paired: true,
  finiteNorms: EXTREME,
} as const;

describe("negativeCosine, laws", () => {
  testLaws(negativeCosine, {
    ...common,
    bounds: () => [-1, 1],
    constants: () => -1,
    reference: cosineLoop,
  });
});

describe("byolLoss, laws", () => {
  testLaws(byolLoss, {
    ...common,
    bounds: () => [0, 4],
    constants: () => 0,
    reference: byolLoop,
  });
});

describe.each([
  ["negativeCosine", negativeCosine, -1, 1],
  ["byolLoss", byolLoss, 0, 4],
] as const)("%s, examples", (name, loss, together, apart) => {
  it("is at its least for parallel embeddings, at its largest for opposite ones", () => {
    const p = rows(5, 4, 1);
    expect(valueOf(loss(p, tf.mul(p, 3)))).toBeCloseTo(together, 5);
    expect(valueOf(loss(p, tf.mul(p, -3)))).toBeCloseTo(apart, 5);
  });

  it("gives weights the gradient that they have when the target is a constant", () => {
    const [x1, x2, start] = [rows(5, 4, 1), rows(5, 4, 2), rows(4, 3, 3)];
    const embed = (x: tf.Tensor2D, w: tf.Tensor): tf.Tensor2D => tf.matMul(x, w as tf.Tensor2D);
    const constant = embed(x2, start);
    const shared = tf.grad((w) => loss(embed(x1, w), embed(x2, w)))(start);
    const expected = tf.grad((w) => loss(embed(x1, w), constant))(start);
    expect(relativeError(shared, expected)).toBeLessThan(1e-6);
    const through = tf.grad((w) => loss(embed(x2, w), embed(x1, start)))(start);
    expect(relativeError(tf.add(shared, through), expected)).toBeGreaterThan(0.1);
  });

  it("is the same with its two sides exchanged, when both are added", () => {
    const [p1, z1, p2, z2] = [1, 2, 3, 4].map((seed) => rows(5, 4, seed)) as [
      tf.Tensor2D,
      tf.Tensor2D,
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    const both = tf.add(loss(p1, z2), loss(p2, z1));
    expect(valueOf(both)).toBe(valueOf(tf.add(loss(p2, z1), loss(p1, z2))));
  });

  it("says what is wrong with the input", () => {
    expect(() => loss(rows(4, 3, 1), rows(4, 2, 2))).toThrow(
      `${name}: \`targets\` must be [N, C] with C = 3 (from \`predictions\`), got [4, 2].`,
    );
    expect(() => loss(tf.zeros([0, 3]), tf.zeros([0, 3]))).toThrow(
      `${name}: needs at least 1 image of 1 feature or more, got [0, 3]. Use a larger batch.`,
    );
  });
});
