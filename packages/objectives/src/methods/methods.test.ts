import { resNet } from "@dira/backbones";
import type { Variables } from "@dira/nn";
import { createRandom } from "@dira/random";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  barlowTwins,
  byol,
  denseCl,
  dino,
  moco,
  mocoV3,
  nnClr,
  type Objective,
  type ObjectiveContext,
  simClr,
  simSiam,
  swav,
  transVw,
  vicReg,
} from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

type Encoder = ReturnType<typeof resNet>;
type Rank = 2 | 3;

/** A small encoder and a method on it, each time the same. */
function build(make: Make, rank: Rank = 2): { encoder: Encoder; objective: Objective } {
  const createEncoder = (): Encoder =>
    resNet("resnet18", { width: 2, inChannels: 1, spatialRank: rank, random: createRandom("r") });
  const encoder = createEncoder();
  return { encoder, objective: make({ encoder, createEncoder } as unknown as Parts, rank) };
}

interface Parts {
  readonly encoder: Parameters<typeof barlowTwins>[0]["encoder"];
  readonly createEncoder: () => Parameters<typeof barlowTwins>[0]["encoder"];
}
type Make = (parts: Parts, rank: Rank) => Objective;

const small = { features: 4, hiddenFeatures: 8 };
const methods: [string, Make][] = [
  ["moco", (p) => moco({ ...p, features: 4, queueSize: 8 })],
  ["barlow-twins", ({ encoder }) => barlowTwins({ encoder, features: [8, 8, 8] })],
  ["simsiam", ({ encoder }) => simSiam({ encoder, features: 8 })],
  ["simclr", ({ encoder }) => simClr({ encoder, features: 4 })],
  ["byol", (p) => byol({ ...p, ...small })],
  ["vicreg", ({ encoder }) => vicReg({ encoder, features: [8, 8, 8] })],
  ["nnclr", ({ encoder }) => nnClr({ encoder, features: 4, hiddenFeatures: [8, 8], queueSize: 8 })],
  [
    "swav",
    ({ encoder }) => swav({ encoder, ...small, prototypes: 5, localViews: 1, queueSize: 6 }),
  ],
  ["dino", (p) => dino({ ...p, prototypes: 6, hiddenFeatures: [8, 4], localViews: 1 })],
  ["moco-v3", (p) => mocoV3({ ...p, ...small })],
  ["dense-cl", (p) => denseCl({ ...p, ...small, queueSize: 8 })],
  [
    "trans-vw",
    ({ encoder }, spatialRank) => transVw({ encoder, spatialRank, words: 3, hiddenChannels: 4 }),
  ],
];

const images = (count: number, rank: Rank, seed: number): tf.Tensor =>
  tf.randomUniform([count, ...(rank === 2 ? [40, 40] : [20, 20, 20]), 1], 0, 1, "float32", seed);
const contextOf = (mode: "train" | "infer", count = 4): ObjectiveContext => ({
  mode,
  random: createRandom(1),
  progress: 0.5,
  labels: tf.tensor1d(
    Array.from({ length: count }, (_, i) => i % 3),
    "int32",
  ),
});
const numbers = (record: Readonly<Record<string, tf.Tensor>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(record).map(([name, x]) => [name, [...x.dataSync()]]));

/** One training step without an optimiser: targets, loss with gradients, commit. */
function step(
  { encoder, objective }: ReturnType<typeof build>,
  views: readonly tf.Tensor[],
  trained: Variables,
): { loss: number; gradients: Record<string, tf.Tensor | null>; metrics: string[] } {
  const context = contextOf("train", views[0]?.shape[0]);
  const targets = objective.targets(views, context);
  const kept: Record<string, tf.Tensor> = {};
  let metrics: string[] = [];
  const variables = Object.values(trained);
  const { value, grads } = tf.variableGrads(() => {
    const result = objective.loss(
      (v) => encoder.apply(views[v] as never, "train"),
      targets,
      context,
    );
    for (const [name, tensor] of Object.entries(result.remember ?? {}))
      kept[name] = tf.keep(tensor);
    metrics = Object.keys(result.metrics);
    return result.loss;
  }, variables);
  objective.commit({ ...targets, ...kept }, context);
  const gradients = Object.fromEntries(
    Object.entries(trained).map(([name, v]) => [name, grads[v.name] ?? null]),
  );
  const loss = value.dataSync()[0] as number;
  tf.dispose([value, kept, { ...targets }]);
  return { loss, gradients, metrics };
}

describe.each(methods)("%s, laws of an objective", (name, make) => {
  it.each([2, 3] as const)("trains encoder and heads in rank %i", (rank) => {
    const built = build(make, rank);
    const { encoder, objective } = built;
    const count = rank === 2 ? 4 : 2;
    const views = Array.from({ length: objective.views }, (_, v) => images(count, rank, v + 1));
    const trained = {
      ...encoder.parameters,
      ...Object.fromEntries(Object.entries(objective.parameters).map(([k, v]) => [`head.${k}`, v])),
    };
    const { loss, gradients, metrics } = step(built, views, trained);
    expect(objective.name).toBe(name);
    expect(Number.isFinite(loss)).toBe(true);
    expect(metrics.length).toBeGreaterThan(0);
    for (const [key, gradient] of Object.entries(gradients)) {
      expect(gradient, key).not.toBeNull();
      expect((gradient as tf.Tensor).dataSync().every(Number.isFinite), key).toBe(true);
    }
    const first = gradients["conv1.weight"] as tf.Tensor;
    expect(first.dataSync().some((value) => value !== 0)).toBe(true);
  });

  it("no gradient reaches its state", () => {
    const { encoder, objective } = build(make);
    for (const variable of Object.values(objective.state)) variable.trainable = true;
    const views = Array.from({ length: objective.views }, (_, v) => images(4, 2, v + 1));
    const context = contextOf("train");
    const targets = objective.targets(views, context);
    const { grads } = tf.variableGrads(
      () => objective.loss((v) => encoder.apply(views[v] as never, "train"), targets, context).loss,
    );
    for (const [key, variable] of Object.entries(objective.state)) {
      const gradient = grads[variable.name];
      expect(gradient?.dataSync().every((value) => value === 0) ?? true, key).toBe(true);
    }
  });

  it("evaluation changes nothing", () => {
    const { encoder, objective } = build(make);
    const all = (): Record<string, number[]> =>
      numbers({
        ...objective.parameters,
        ...objective.buffers,
        ...objective.state,
        ...encoder.buffers,
      });
    const before = all();
    const views = Array.from({ length: objective.views }, (_, v) => images(4, 2, v + 1));
    const context = contextOf("infer");
    const targets = objective.targets(views, context);
    objective.loss((v) => encoder.apply(views[v] as never, "infer"), targets, context);
    expect(all()).toEqual(before);
  });

  it("leaves no tensor behind once it is warm", () => {
    const built = build(make);
    const views = Array.from({ length: built.objective.views }, (_, v) => images(4, 2, v + 1));
    const counts = Array.from({ length: 4 }, () => {
      const { gradients } = step(built, views, built.encoder.parameters);
      tf.dispose(gradients as never);
      return tf.memory().numTensors;
    });
    // The context's labels, which the test makes, are one tensor a step.
    expect((counts[3] as number) - (counts[2] as number)).toBe(1);
    expect((counts[2] as number) - (counts[1] as number)).toBe(1);
  });

  it("saving and loading its state goes on as if it had never stopped", () => {
    const [one, other] = [build(make), build(make)];
    const views = Array.from({ length: one.objective.views }, (_, v) => images(4, 2, v + 1));
    const later = views.map((_, v) => images(4, 2, v + 11));
    step(one, views, one.encoder.parameters);
    const copy = (from: Variables, to: Variables): void => {
      expect(Object.keys(to)).toEqual(Object.keys(from));
      for (const [key, variable] of Object.entries(to)) variable.assign(from[key] as tf.Variable);
    };
    for (const part of ["parameters", "buffers"] as const)
      copy(one.encoder[part], other.encoder[part]);
    for (const part of ["parameters", "buffers", "state"] as const) {
      copy(one.objective[part], other.objective[part]);
    }
    const [a, b] = [one, other].map((built) => step(built, later, built.encoder.parameters).loss);
    expect(b).toBe(a);
    expect(numbers(other.objective.state)).toEqual(numbers(one.objective.state));
  });

  it("says so when a view is missing", () => {
    const { objective } = build(make);
    if (objective.views < 2) return;
    expect(() => objective.targets([images(4, 2, 1)], contextOf("train"))).toThrow(
      /expected [23] views of each image, got 1/,
    );
  });
});
