import { createRandom } from "@dira/random";
import { evaluate, pseudoRandom, type Sample } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { enqueue, infoNce, randomQueue } from "../src/index.ts";
import { C, Enqueue, Evaluate, keysOf, SaveAndLoad } from "./queue-model.ts";

beforeAll(() => tf.setBackend("cpu"));

describe("the queue of keys, laws", () => {
  it("is a list that drops its oldest, whatever comes", () => {
    const commands = fc.commands(
      [
        fc.integer({ min: 0, max: 12 }).map((count) => new Enqueue(count)),
        fc.constant(new SaveAndLoad()),
        fc.constant(new Evaluate()),
      ],
      { maxCommands: 25 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), commands, (size, list) => {
        const queue = randomQueue(size, C, createRandom(size));
        const setup = { model: { rows: queue.arraySync(), batches: 0 }, real: { queue } };
        fc.modelRun(() => setup, list);
        setup.real.queue.dispose();
      }),
      { numRuns: 40 },
    );
  });

  it("leaves no tensor behind", () => {
    const [queue, keys] = [randomQueue(5, C, createRandom(1)), keysOf(2, 1)];
    const before = tf.memory().numTensors;
    enqueue(queue, keys).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("gets no gradient from the loss, and neither do keys", () => {
    const sample = (count: number, seed: number): Sample => ({
      shape: [count, C],
      values: pseudoRandom([count, C], seed),
    });
    const { gradients } = evaluate(
      (q, k, n) => infoNce(q, k, n),
      [sample(2, 1), sample(2, 2), sample(5, 3)],
    );
    expect(gradients.map((g) => g.some((x) => x !== 0))).toEqual([true, false, false]);
  });
});

describe("the queue of keys, examples", () => {
  it("keeps every key of four batches of 3 in a queue of 10 that 3 does not divide", () => {
    const batches = [0, 1, 2, 3].map((batch) => keysOf(3, batch));
    const queue = batches.reduce(
      (queue, keys) => enqueue(queue, keys),
      randomQueue(10, C, createRandom(0)),
    );
    const newestFirst = batches.toReversed().flatMap((keys) => keys.arraySync());
    expect(queue.arraySync()).toEqual(newestFirst.slice(0, 10));
  });

  it("starts with random rows of length one, of the given key", () => {
    const [a, b, other] = [1, 1, 2].map((key) => randomQueue(64, 8, createRandom(key)).arraySync());
    expect(a).toEqual(b);
    expect(a).not.toEqual(other);
    for (const row of a ?? []) expect(Math.hypot(...row)).toBeCloseTo(1, 5);
    const mean = tf.mean(tf.tensor2d(a ?? []), 0);
    expect(tf.norm(mean).dataSync()[0]).toBeLessThan(0.5);
  });

  it("says what is wrong with the input", () => {
    expect(() => randomQueue(0, 8, createRandom(0))).toThrow(/`size` must be a whole number/);
    expect(() => enqueue(randomQueue(4, 8, createRandom(0)), tf.ones([2, 7]))).toThrow(
      "enqueue: `keys` must be [N, C] with C = 8 (from `queue`), got [2, 7].",
    );
  });
});
