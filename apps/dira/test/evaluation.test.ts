import { createRandom } from "@dira/random";
import { adversarialLoss, patchCritic } from "@dira/critic";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { gradientRatio, takenForReal } from "../src/evaluation/adversary.ts";
import { bootstrapMean } from "../src/evaluation/bootstrap.ts";
import { restorationSums } from "../src/evaluation/restoration.ts";
import { retrievalHits } from "../src/evaluation/retrieval.ts";

beforeAll(() => tf.setBackend("cpu"));

describe("bootstrapMean", () => {
  const random = createRandom("bootstrap test");

  it("example: the interval of a proportion is close to the normal approximation's", () => {
    const values = Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? 1 : 0));
    const { mean, low, high } = bootstrapMean(values, { random });
    const half = 1.96 * Math.sqrt((0.25 * 0.75) / 400);
    expect(mean).toBe(0.25);
    expect(Math.abs(low - (0.25 - half))).toBeLessThan(0.006);
    expect(Math.abs(high - (0.25 + half))).toBeLessThan(0.006);
  });

  it("law: holds the mean, and moves and scales with the values", () => {
    const numbers = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), {
      minLength: 2,
      maxLength: 20,
    });
    const property = fc.property(numbers, (values) => {
      const options = { random, resamples: 200 };
      const { mean, low, high } = bootstrapMean(values, options);
      expect(low).toBeLessThanOrEqual(mean + 1e-9);
      expect(high).toBeGreaterThanOrEqual(mean - 1e-9);
      const moved = bootstrapMean(
        values.map((v) => 2 * v + 1),
        options,
      );
      expect(moved.low).toBeCloseTo(2 * low + 1, 9);
      expect(moved.high).toBeCloseTo(2 * high + 1, 9);
    });
    fc.assert(property, { numRuns: 50 });
  });

  it("refuses no values", () => {
    expect(() => bootstrapMean([], { random })).toThrow(/at least one value/);
  });
});

describe("retrievalHits, examples", () => {
  it("finds the nearest by angle, whatever the length", () => {
    const queries = tf.tensor2d([
      [9, 0],
      [0, 1],
      [1, 1],
    ]);
    const keys = tf.tensor2d([
      [0.1, 0],
      [5, 1],
      [2, 3],
    ]);
    expect(retrievalHits(queries, keys)).toEqual([1, 0, 1]);
  });
});

describe("restorationSums", () => {
  const image = (values: readonly number[]): Float32Array => Float32Array.from(values);

  it("example: errors by hand, inside and outside what was in-painted", () => {
    const sums = restorationSums([2, 2]);
    sums.add({
      distorted: image([0, 0, 0.5, 1]),
      restored: image([0.5, 1, 0.5, 0.5]),
      target: image([1, 1, 0.5, 0.5]),
      inpainted: Uint8Array.from([1, 1, 0, 0]),
    });
    const result = sums.result();
    expect(result.restored_mse).toBeCloseTo(0.25 / 4, 12);
    expect(result.distorted_mse).toBeCloseTo(2.25 / 4, 12);
    expect(result.inpainted_error_ratio).toBeCloseTo(0.25 / 2, 12);
    expect(result.inpainted_share).toBe(0.5);
    // |∇| at the one inner pixel: (0.5, 0) restored, (0, −0.5) wanted.
    expect(result.sharpness).toBeCloseTo(1, 12);
  });

  it("law: batches add up to what they are together; the target itself is sharp and without error", () => {
    const pixels = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), {
      minLength: 18,
      maxLength: 18,
    });
    const property = fc.property(pixels, pixels, (a, b) => {
      const whole = { distorted: image(a), restored: image(b), target: image([...b].reverse()) };
      const inpainted = Uint8Array.from(a, (v) => (v > 0.5 ? 1 : 0));
      const [once, twice] = [restorationSums([3, 3]), restorationSums([3, 3])];
      once.add({ ...whole, inpainted });
      for (const [from, to] of [
        [0, 9],
        [9, 18],
      ]) {
        const { distorted, restored, target } = whole;
        twice.add({
          distorted: distorted.slice(from, to),
          restored: restored.slice(from, to),
          target: target.slice(from, to),
          inpainted: inpainted.slice(from, to),
        });
      }
      const [one, two] = [once.result(), twice.result()];
      expect(two.restored_mse).toBeCloseTo(one.restored_mse, 12);
      expect(two.inpainted_share).toBe(one.inpainted_share);
    });
    fc.assert(property, { numRuns: 50 });
    const same = restorationSums([3, 3]);
    const x = image([0, 1, 0, 1, 0, 1, 0, 1, 0]);
    same.add({ distorted: x, restored: x, target: x, inpainted: new Uint8Array(9) });
    expect([same.result().restored_mse, same.result().sharpness]).toEqual([0, 1]);
  });
});

describe("the critic's measures", () => {
  it("example: a critic that answers by its bias takes all or nothing for real", () => {
    const critic = patchCritic({ width: 2 });
    const images = tf.zeros([3, 32, 32, 1]);
    for (const [form, bias, expected] of [
      ["log", 0.1, 1],
      ["log", -0.1, 0],
      ["least-squares", 0.6, 1],
      ["least-squares", 0.4, 0],
      ["hinge", 0.1, 1],
      ["hinge", -0.1, 0],
    ] as const) {
      critic.parameters["conv5.bias"]?.assign(tf.tensor1d([bias]));
      const all = [expected, expected, expected];
      expect(takenForReal(critic, adversarialLoss(form), images, images)).toEqual({
        real: all,
        restored: all,
      });
    }
  });

  it("examples: without a boundary the higher score of each pair is taken for real, whatever the offset", () => {
    const [brighter, darker] = [tf.fill([2, 4, 4, 1], 0.8), tf.fill([2, 4, 4, 1], 0.2)];
    const mixed = tf.concat([tf.slice(brighter, [0], [1]), tf.slice(darker, [0], [1])]);
    const turned = tf.concat([tf.slice(darker, [0], [1]), tf.slice(brighter, [0], [1])]);
    for (const offset of [-100, 0, 100]) {
      const critic = { ...patchCritic({ width: 1 }), apply: (x: tf.Tensor) => tf.add(x, offset) };
      const verdicts = (real: tf.Tensor, restored: tf.Tensor) =>
        takenForReal(critic, adversarialLoss("wgan-gp"), real, restored);
      expect(verdicts(brighter, darker)).toEqual({ real: [1, 1], restored: [0, 0] });
      expect(verdicts(mixed, turned)).toEqual({ real: [1, 0], restored: [0, 1] });
      expect(verdicts(mixed, mixed)).toEqual({ real: [0, 0], restored: [0, 0] });
    }
  });

  it("law: the gradients' ratio is that of the weights times what it is at weights of one", () => {
    const critic = patchCritic({ width: 2 });
    const [restored, target] = [
      tf.randomUniform([2, 32, 32, 1], 0, 1, "float32", 1),
      tf.ones([2, 32, 32, 1]),
    ];
    const ratio = (restorative: number, adversarial: number): number =>
      gradientRatio(
        critic,
        adversarialLoss("log"),
        { discriminative: 1, restorative, adversarial },
        restored,
        target,
      );
    const one = ratio(1, 1);
    expect(one).toBeGreaterThan(0);
    expect(ratio(10, 0.001) / one).toBeCloseTo(1e-4, 8);
  });
});
