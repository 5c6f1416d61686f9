import { resNet } from "@dira/backbones";
import { createRandom } from "@dira/random";
import { relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { enqueue, moco, type Objective, randomQueue } from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

describe("queue, laws", () => {
  it("is a first-in-first-out array for any sequence of batch sizes", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), sizes, (size, batches) => {
        let queue = tf.fill([size, 1], -1) as tf.Tensor2D;
        let model = new Array<number>(size).fill(-1);
        let next = 0;
        for (const batch of batches) {
          const keys = Array.from({ length: batch }, () => next++);
          queue = enqueue(queue, tf.tensor2d(keys, [batch, 1]));
          model = [...keys.slice(0, size), ...model].slice(0, size);
          expect([...queue.dataSync()]).toEqual(model);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("starts with rows of length one, the same for the same seed", () => {
    const queue = randomQueue(16, 8, createRandom(3));
    for (const length of tf.norm(queue, 2, 1).dataSync()) expect(length).toBeCloseTo(1, 5);
    expect(relativeError(randomQueue(16, 8, createRandom(3)), queue)).toBe(0);
    expect(() => randomQueue(0, 8, createRandom(3))).toThrow(/whole number of at least 1/);
  });
});

function build(
  bnSplits = 1,
  symmetric = false,
): { objective: Objective; encoder: ReturnType<typeof resNet> } {
  const create = (): ReturnType<typeof resNet> =>
    resNet("resnet18", { width: 2, inChannels: 1, random: createRandom("r") });
  const encoder = create();
  const options = {
    encoder: encoder as never,
    createEncoder: create as never,
    queueSize: 8,
    features: 4,
  };
  return {
    encoder,
    objective: moco({ ...options, bnSplits, symmetric, momentum: 0.9, random: createRandom("m") }),
  };
}

const view = (seed: number): tf.Tensor4D => tf.randomUniform([4, 32, 32, 1], 0, 1, "float32", seed);
const values = (record: Readonly<Record<string, tf.Tensor>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(record).map(([name, x]) => [name, [...x.dataSync()]]));
const training = (): { mode: "train"; random: ReturnType<typeof createRandom> } => ({
  mode: "train",
  random: createRandom(1),
});

describe("moco", () => {
  it("example: starts with a twin that equals the encoder, and no decoder in it", () => {
    const { objective, encoder } = build();
    for (const [name, variable] of Object.entries(encoder.parameters)) {
      expect(relativeError(objective.state[`twin.encoder.${name}`] as tf.Tensor, variable)).toBe(0);
    }
    expect(Object.keys(objective.state).some((name) => name.includes("decoder"))).toBe(false);
  });

  it("law: commit moves the twin by θ′ ← m θ′ + (1 − m) θ and puts the keys in the queue", () => {
    const { objective, encoder } = build();
    const keys = objective.targets([view(1), view(2)], training())["keys"] as tf.Tensor2D;
    const before = values(objective.state);
    const weight = encoder.parameters["conv1.weight"] as tf.Variable;
    weight.assign(tf.add(weight, 1));
    objective.commit({ keys }, training());
    const name = "twin.encoder.conv1.weight";
    const expected = (before[name] ?? []).map(
      (old, i) => 0.9 * old + 0.1 * (weight.dataSync()[i] ?? 0),
    );
    expect(relativeError(objective.state[name] as tf.Tensor, expected)).toBeLessThan(1e-6);
    const queue = [...(objective.state["queue"] as tf.Tensor).dataSync()];
    expect(queue.slice(0, 16)).toEqual([...keys.dataSync()]);
    expect(queue.slice(16)).toEqual(before["queue"]?.slice(0, 16));
  });

  it("law: inference changes neither twin, queue nor statistics", () => {
    const { objective, encoder } = build();
    const before = values({ ...objective.state, ...encoder.buffers });
    const context = { mode: "infer", random: createRandom(1) } as const;
    const targets = objective.targets([view(1), view(2)], context);
    objective.loss((i) => encoder.apply(view(i + 1), "infer"), targets, context);
    expect(values({ ...objective.state, ...encoder.buffers })).toEqual(before);
  });

  it("law: split batch norm equals each group normalised alone, in the batch's order", () => {
    const { objective } = build(2);
    const order = [...createRandom(1).derive("shuffle-bn").permutation(4)];
    const split = objective.targets([view(1), view(2)], training())["keys"] as tf.Tensor2D;
    for (const group of [order.slice(0, 2), order.slice(2)]) {
      const part = tf.gather(view(2), group) as tf.Tensor4D;
      const alone = build(1).objective.targets([part, part], training())["keys"] as tf.Tensor2D;
      expect(relativeError(tf.gather(split, group), alone)).toBeLessThan(1e-5);
    }
  });

  it("law: no gradient reaches keys or queue, and negatives exclude the step's own keys", () => {
    const { objective, encoder } = build();
    const targets = objective.targets([view(1), view(2)], training());
    const loss = (): tf.Scalar =>
      objective.loss((i) => encoder.apply(view(i + 1), "train"), targets, training()).loss;
    const twin = objective.state["twin.encoder.conv1.weight"] as tf.Variable;
    twin.trainable = true;
    const weight = encoder.parameters["conv1.weight"] as tf.Variable;
    const { grads } = tf.variableGrads(loss, [weight, twin]);
    expect(grads[weight.name]).toBeDefined();
    expect(grads[twin.name] ?? null).toBeNull();
    const queue = values(objective.state)["queue"];
    expect(values(objective.state)["queue"]).toEqual(queue);
  });

  it("law: symmetric is the mean of both directions, and its keys are negatives only afterwards", () => {
    const [one, both] = [build(), build(1, true)];
    const context = training();
    const [a, b] = [view(1), view(2)];
    const lossOf = ({ objective, encoder }: typeof one, views: tf.Tensor4D[]): number => {
      const targets = objective.targets(views, context);
      const encode = (v: number): ReturnType<typeof encoder.apply> =>
        encoder.apply(views[v] as tf.Tensor4D, "train");
      return objective.loss(encode, targets, context).loss.dataSync()[0] as number;
    };
    const mean = (lossOf(one, [a, b]) + lossOf(one, [b, a])) / 2;
    expect(lossOf(both, [a, b])).toBeCloseTo(mean, 5);
    const targets = both.objective.targets([a, b], context);
    both.objective.commit(targets, context);
    const queue = values(both.objective.state)["queue"];
    const { keys = [], otherKeys = [] } = values(targets);
    expect(queue).toEqual([...keys, ...otherKeys]); // K is 8: both batches of 4
  });

  it("example: refuses splits that do not divide the batch", () => {
    const { objective } = build(3);
    expect(() => objective.targets([view(1), view(2)], training())).toThrow(
      /`bnSplits` \(3\) must divide/,
    );
  });
});
