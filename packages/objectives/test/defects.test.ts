import { createRandom } from "@dira/random";
import { evaluate, goldenTable, pseudoRandom } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  barlowTwinsLoss,
  infoNce,
  inBatchInfoNce,
  negativeCosine,
  ntXent,
  randomQueue,
  vicRegLoss,
} from "../src/index.ts";
import { rows, unitRows, valueOf } from "./laws.ts";

beforeAll(() => tf.setBackend("cpu"));

/** Faults that published implementations of these losses have, shown not to be here. */
describe("published faults", () => {
  it("NT-Xent is a number below temperature 0.0113, where unshifted exponentials overflow float32", () => {
    const samples = [1, 2].map((seed) => ({ shape: [6, 8], values: pseudoRandom([6, 8], seed) }));
    for (const temperature of [0.011, 0.005, 0.001]) {
      const loss = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Scalar => ntXent(a, b, { temperature });
      const { value, gradients } = evaluate(loss, samples);
      expect(Number.isFinite(value)).toBe(true);
      for (const gradient of gradients) {
        expect(gradient.every(Number.isFinite)).toBe(true);
        expect(gradient.some((x) => x !== 0)).toBe(true);
      }
    }
  });

  it("both conventions of Barlow Twins are there, by name", () => {
    const [z1, z2] = [goldenTable("z1"), goldenTable("z2")];
    const at = (standardize: "batch-norm" | "unbiased"): number =>
      valueOf(barlowTwinsLoss(z1, z2, { lambda: 0.005, standardize }));
    expect(at("batch-norm")).toBeCloseTo(5.8699, 4);
    expect(at("unbiased")).toBeCloseTo(5.2923, 4);
  });

  it("both conventions of VICReg are there, by name", () => {
    const [z1, z2] = [goldenTable("z1"), goldenTable("z2")];
    expect(valueOf(vicRegLoss(z1, z2, { views: "mean" }))).toBeCloseTo(31.4958, 4);
    expect(valueOf(vicRegLoss(z1, z2, { views: "sum" }))).toBeCloseTo(37.2495, 4);
  });

  it("the negative cosine holds its target constant without being asked", () => {
    const samples = [1, 2].map((seed) => ({ shape: [4, 3], values: pseudoRandom([4, 3], seed) }));
    const { gradients } = evaluate(negativeCosine, samples);
    expect(gradients[0]?.some((x) => x !== 0)).toBe(true);
    expect(gradients[1]?.every((x) => x === 0)).toBe(true);
  });

  it("a batch of one is refused, not given a loss of 0 without a gradient", () => {
    for (const loss of [ntXent, inBatchInfoNce, barlowTwinsLoss, vicRegLoss]) {
      expect(() => loss(rows(1, 4, 1), rows(1, 4, 2))).toThrow(/needs at least 2 images/);
    }
  });

  it("a queue of 4,096 does not hold MoCo at log 4097 = 8.318: pairs that match lie far below", () => {
    const queue = randomQueue(4096, 32, createRandom("chance"));
    const [queries, others] = [unitRows(8, 32, 1), unitRows(8, 32, 2)];
    const chance = valueOf(
      infoNce(queries, others, tf.mul(tf.ones([4096, 32]), 0), { temperature: 1e6 }),
    );
    expect(chance).toBeCloseTo(8.318, 3);
    // Queries and keys of any length: both are normalised, as the queue's rows are.
    const matched = infoNce(tf.mul(queries, 40), tf.mul(queries, 0.01), queue, {
      temperature: 0.07,
    });
    expect(valueOf(matched)).toBeLessThan(0.1);
    const steps = Array.from({ length: 3 }).reduce<tf.Tensor2D>((q) => {
      const gradient = tf.grad((x) => infoNce(x as tf.Tensor2D, others, queue))(q);
      return tf.sub(q, tf.mul(gradient, 8));
    }, queries);
    expect(valueOf(infoNce(steps, others, queue))).toBeLessThan(
      valueOf(infoNce(queries, others, queue)) - 1,
    );
  });
});
