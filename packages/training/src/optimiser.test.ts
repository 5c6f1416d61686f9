import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { adam, type Optimiser, sgd } from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

/** Options by PyTorch's names, as the golden file has them. */
interface TorchOptions {
  readonly kind: "adam" | "sgd";
  readonly lr: number;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly weight_decay?: number;
  readonly betas?: [number, number];
  readonly eps?: number;
}

interface Golden {
  readonly size: number;
  readonly steps: number;
  readonly cases: Record<string, { options: TorchOptions; float64: number[]; float32: number[] }>;
}

function create(o: TorchOptions, parameters: Record<string, tf.Variable>): Optimiser {
  const { momentum = 0, dampening = 0, nesterov = false, weight_decay: weightDecay = 0 } = o;
  if (o.kind === "sgd") return sgd({ parameters, momentum, dampening, nesterov, weightDecay });
  const { betas = [0.9, 0.999], eps: epsilon = 1e-8 } = o;
  return adam({ parameters, betas, epsilon, weightDecay });
}

/** What our optimiser makes of a start and gradients. */
function train(
  o: TorchOptions,
  start: readonly number[],
  gradients: readonly number[][],
): number[] {
  const parameters = { w: tf.variable(tf.tensor1d([...start])) };
  const optimiser = create(o, parameters);
  for (const gradient of gradients) {
    const w = tf.tensor1d(gradient);
    optimiser.update({ w }, o.lr);
    w.dispose();
  }
  const values = [...parameters.w.dataSync()];
  optimiser.dispose();
  parameters.w.dispose();
  return values;
}

/** The algorithms of PyTorch's documentation for one number, in float64. */
function documented(o: TorchOptions, start: number, gradients: readonly number[]): number {
  const { momentum: mu = 0, dampening: tau = 0, nesterov = false, weight_decay: lambda = 0 } = o;
  const { betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8 } = o;
  let [theta, b, m, v] = [start, 0, 0, 0];
  gradients.forEach((raw, i) => {
    let g = raw + lambda * theta;
    if (o.kind === "sgd") {
      if (mu !== 0) {
        b = i > 0 ? mu * b + (1 - tau) * g : g;
        g = nesterov ? g + mu * b : b;
      }
      theta -= o.lr * g;
      return;
    }
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const [mHat, vHat] = [m / (1 - beta1 ** (i + 1)), v / (1 - beta2 ** (i + 1))];
    theta -= (o.lr * mHat) / (Math.sqrt(vHat) + eps);
  });
  return theta;
}

const file = (name: string): string => fileURLToPath(new URL(`../test/${name}`, import.meta.url));
const golden = JSON.parse(readFileSync(file("optimisers.json"), "utf8")) as Golden;
const steps = Array.from({ length: golden.steps }, (_, i) => i + 1);
const indices = Array.from({ length: golden.size }, (_, i) => i);
const goldenStart = indices.map((i) => (i - golden.size / 2) / 8);
const goldenGradients = steps.map((t) =>
  indices.map((i) => (((t * 7919 + i * 104729) % 2003) - 1001) / 1024),
);

const python = ["python3", "/usr/bin/python3"].find(
  (command) => spawnSync(command, ["-c", "import torch"]).status === 0,
);
if (python === undefined) {
  console.log("skipped: optimisers against PyTorch run here, since no python3 has torch");
}

describe("parity: optimisers with PyTorch over 50 steps", () => {
  it.each(Object.entries(golden.cases))("%s", (_, { options, float64, float32 }) => {
    const error = relativeError(train(options, goldenStart, goldenGradients), float64);
    const theirs = relativeError(float32, float64);
    expect(error).toBeLessThan(2 * theirs + 1e-8);
    expect(error).toBeLessThan(1e-6);
  });

  it.skipIf(python === undefined)("the stored results are what PyTorch gives here", () => {
    const { stdout } = spawnSync(python ?? "", [file("optimisers.py")], { encoding: "utf8" });
    const fresh = JSON.parse(stdout) as Golden;
    expect(Object.keys(fresh.cases)).toEqual(Object.keys(golden.cases));
    for (const [name, { options, float64 }] of Object.entries(fresh.cases)) {
      expect(options).toEqual(golden.cases[name]?.options);
      expect(relativeError(golden.cases[name]?.float64 ?? [], float64)).toBeLessThan(1e-12);
    }
  });
});

const unit = fc.double({ min: 0, max: 0.99, noNaN: true });
const rate = fc.double({ min: 1e-4, max: 0.1, noNaN: true });
const options: fc.Arbitrary<TorchOptions> = fc.oneof(
  fc
    .record({
      kind: fc.constant("sgd" as const),
      lr: rate,
      momentum: unit,
      dampening: unit,
      nesterov: fc.boolean(),
      weight_decay: rate,
    })
    .map((o) => (o.nesterov ? { ...o, dampening: 0, momentum: o.momentum + 0.001 } : o)),
  fc.record({
    kind: fc.constant("adam" as const),
    lr: rate,
    betas: fc.tuple(unit, fc.double({ min: 0.5, max: 0.999, noNaN: true })),
    eps: rate,
    weight_decay: rate,
  }),
);
const values = fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 });

describe("laws: optimisers", () => {
  it("50 steps are those of PyTorch's documentation, whatever the options", () => {
    fc.assert(
      fc.property(
        options,
        values,
        fc.array(values, { minLength: 50, maxLength: 50 }),
        (o, start, gradients) => {
          const column = (i: number): number[] => gradients.map((g) => g[i] ?? 0);
          const expected = start.map((x, i) => documented(o, x, column(i)));
          const scale = Math.max(1, ...expected.map(Math.abs));
          train(o, start, gradients).forEach((x, i) =>
            expect(Math.abs(x - (expected[i] ?? 0)) / scale).toBeLessThan(2e-5),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each(["adam", "sgd"] as const)(
    "%s goes on from its state bit for bit, at any step",
    (kind) => {
      const o: TorchOptions = { kind, lr: 0.03, momentum: 0.9, dampening: 0.3, weight_decay: 0.01 };
      const whole = train(o, goldenStart, goldenGradients);
      for (const at of [0, 1, 25]) {
        const [first, second] = [0, 1].map(() => {
          const w = tf.variable(tf.tensor1d(goldenStart));
          return { w, optimiser: create(o, { w }) };
        }) as [{ w: tf.Variable; optimiser: Optimiser }, { w: tf.Variable; optimiser: Optimiser }];
        const go = ({ optimiser }: { optimiser: Optimiser }, gradients: number[][]): void =>
          gradients.forEach((g) => optimiser.update({ w: tf.tensor1d(g) }, o.lr));
        go(first, goldenGradients.slice(0, at));
        second.w.assign(first.w);
        for (const [name, variable] of Object.entries(first.optimiser.state)) {
          second.optimiser.state[name]?.assign(variable);
        }
        second.optimiser.stepCount = first.optimiser.stepCount;
        go(second, goldenGradients.slice(at));
        expect([...second.w.dataSync()]).toEqual(whole);
        expect(second.optimiser.stepCount).toBe(50);
      }
    },
  );

  it.each(["adam", "sgd"] as const)(
    "%s leaks nothing, and dispose leaves the parameters",
    (kind) => {
      const before = tf.memory().numTensors;
      const a = tf.tidy(() => tf.variable(tf.zeros([2, 2])));
      const optimiser = create({ kind, lr: 1, momentum: 0.9, weight_decay: 0.1 }, { a });
      const g = tf.ones([2, 2]);
      optimiser.update({ a: g }, 0.1);
      const held = tf.memory().numTensors;
      for (let i = 0; i < 3; i += 1) optimiser.update({ a: g }, 0.1);
      expect(() => optimiser.update({}, 0.1)).toThrow();
      expect(tf.memory().numTensors).toBe(held);
      optimiser.dispose();
      expect(a.isDisposed).toBe(false);
      expect([...g.dataSync()]).toEqual([1, 1, 1, 1]);
      tf.dispose([a, g]);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

describe("examples: optimisers", () => {
  const two = (): Record<"a" | "b", tf.Variable> => ({
    a: tf.variable(tf.ones([1])),
    b: tf.variable(tf.ones([1])),
  });
  it("name the parameter without a fitting gradient, and move none", () => {
    for (const make of [sgd, adam]) {
      const parameters = two();
      const optimiser = make({ parameters });
      expect(() => optimiser.update({ a: tf.ones([1]) }, 0.1)).toThrow(/no gradient for `b`/);
      expect(() => optimiser.update({ a: tf.ones([1]), b: tf.ones([2]) }, 0.1)).toThrow(
        /gradient for `b` must be \[1\], got \[2\]/,
      );
      expect(parameters.a.dataSync()[0]).toBe(1);
      expect(optimiser.stepCount).toBe(0);
    }
  });

  it("decay only what they are told to", () => {
    const parameters = two();
    sgd({ parameters, weightDecay: 0.5, decay: (name) => name === "a" }).update(
      { a: tf.zeros([1]), b: tf.zeros([1]) },
      0.5,
    );
    expect([parameters.a.dataSync()[0], parameters.b.dataSync()[0]]).toEqual([0.75, 1]);
  });

  it("name their state after the parameters", () => {
    const parameters = two();
    expect(Object.keys(sgd({ parameters }).state)).toEqual([]);
    expect(Object.keys(sgd({ parameters, momentum: 0.9 }).state)).toEqual([
      "momentum_buffer.a",
      "momentum_buffer.b",
    ]);
    const names = ["exp_avg.a", "exp_avg.b", "exp_avg_sq.a", "exp_avg_sq.b"];
    expect(Object.keys(adam({ parameters }).state)).toEqual(names);
  });

  it("refuse options out of range", () => {
    const parameters = two();
    expect(() => sgd({ parameters, momentum: -1 })).toThrow(
      /`momentum` must be at least 0, got -1/,
    );
    expect(() => sgd({ parameters, nesterov: true })).toThrow(/`nesterov` needs momentum above 0/);
    expect(() => adam({ parameters, betas: [0.9, 1] })).toThrow(/`betas\[1\]` must be .* below 1/);
    expect(() => adam({ parameters }).update({}, NaN)).toThrow(/`learningRate`.*got NaN/);
  });
});
