import { startEngine } from "@dira/engine";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import {
  byTorch,
  exactValues,
  follow,
  kinds,
  type TorchOptions,
  train,
  variables,
} from "../test/by-torch.ts";
import { adam, adamW, lars, sgd } from "./index.ts";

const engines = await enginesHere(["cpu", "tensorflow", "torch"]);

/** The algorithms of PyTorch's documentation for one number, in float64. */
function documented(o: TorchOptions, start: number, gradients: readonly number[]): number {
  const { momentum: mu = 0, dampening: tau = 0, nesterov = false, weight_decay: lambda = 0 } = o;
  const { betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8 } = o;
  let [theta, b, m, v] = [start, 0, 0, 0];
  gradients.forEach((raw, i) => {
    let g = o.kind === "adamW" ? raw : raw + lambda * theta;
    if (o.kind === "sgd") {
      if (mu !== 0) {
        b = i > 0 ? mu * b + (1 - tau) * g : g;
        g = nesterov ? g + mu * b : b;
      }
      theta -= o.lr * g;
      return;
    }
    if (o.kind === "adamW") theta -= o.lr * lambda * theta;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const [mHat, vHat] = [m / (1 - beta1 ** (i + 1)), v / (1 - beta2 ** (i + 1))];
    theta -= (o.lr * mHat) / (Math.sqrt(vHat) + eps);
  });
  return theta;
}

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
    kind: fc.constantFrom("adam" as const, "adamW" as const),
    lr: rate,
    betas: fc.tuple(unit, fc.double({ min: 0.5, max: 0.999, noNaN: true })),
    eps: rate,
    weight_decay: rate,
  }),
);
const values = fc.array(fc.float({ min: -2, max: 2, noNaN: true }), {
  minLength: 3,
  maxLength: 3,
});

/** Three parameters of 24, 5 and 8 numbers, and 50 gradients. */
const shapes = { weight: [4, 6], bias: [5], norm: [8] };
const start = {
  weight: exactValues(24, (i) => (i - 12) / 8),
  bias: exactValues(5, (i) => (i - 2) / 8),
  norm: exactValues(8, (i) => (i + 1) / 8),
};
const gradients = exactValues(50, (t) => t).map((t) => ({
  weight: exactValues(24, (i) => (((t * 7919 + i * 104729) % 2003) - 1001) / 1024),
  bias: exactValues(5, (i) => (((t * 977 + i * 641) % 1999) - 999) / 1024),
  norm: exactValues(8, (i) => (((t * 353 + i * 773) % 2011) - 1005) / 1024),
}));
/** Every option that an optimiser of the kind has. */
const full = (kind: TorchOptions["kind"]): TorchOptions => ({
  kind,
  lr: 0.03,
  weight_decay: 0.01,
  ...(kind === "sgd" ? { momentum: 0.9, dampening: 0.3 } : {}),
});

describe.each(engines)("laws: optimisers on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  it("50 steps are those of PyTorch's documentation, whatever the options", () => {
    fc.assert(
      fc.property(
        options,
        values,
        fc.array(values, { minLength: 50, maxLength: 50 }),
        (o, w, steps) => {
          const column = (i: number): number[] => steps.map((g) => g[i] ?? 0);
          const expected = w.map((x, i) => documented(o, x, column(i)));
          const scale = Math.max(1, ...expected.map(Math.abs));
          const ours =
            train(
              o,
              { w },
              steps.map((g) => ({ w: g })),
            )["w"] ?? [];
          ours.forEach((x, i) =>
            expect(Math.abs(x - (expected[i] ?? 0)) / scale).toBeLessThan(2e-5),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each(kinds)("%s goes on from its state bit for bit, at any step", (kind) => {
    const o = full(kind);
    const whole = train(o, start, gradients, shapes);
    for (const at of [0, 1, 25]) {
      const [a, b] = [variables(start, shapes), variables(start, shapes)];
      const [first, second] = [byTorch(o, a), byTorch(o, b)];
      follow(first, gradients.slice(0, at), o.lr);
      for (const [name, variable] of Object.entries(b)) variable.assign(a[name] as tf.Variable);
      for (const [name, variable] of Object.entries(second.state)) {
        variable.assign(first.state[name] as tf.Variable);
      }
      second.stepCount = first.stepCount;
      follow(second, gradients.slice(at), o.lr);
      for (const [name, variable] of Object.entries(b)) {
        expect([...variable.dataSync()], name).toEqual(whole[name]);
      }
      expect(second.stepCount).toBe(50);
      for (const optimiser of [first, second]) optimiser.dispose();
      tf.dispose([a, b]);
    }
  });

  it.each(kinds)("%s leaks nothing, and dispose leaves the parameters", (kind) => {
    const before = tf.memory().numTensors;
    const parameters = variables(start, shapes);
    const optimiser = byTorch(full(kind), parameters);
    follow(optimiser, gradients.slice(0, 1), 0.1);
    const held = tf.memory().numTensors;
    follow(optimiser, gradients.slice(1, 4), 0.1);
    expect(() => optimiser.update({}, 0.1)).toThrow();
    expect(tf.memory().numTensors).toBe(held);
    optimiser.dispose();
    for (const parameter of Object.values(parameters)) expect(parameter.isDisposed).toBe(false);
    tf.dispose(parameters);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(kinds)(
    "%s changes neither gradients nor tensors that shared its variables' data",
    (kind) => {
      const parameters = variables(start, shapes);
      const optimiser = byTorch(full(kind), parameters);
      const given = tf.tidy(() =>
        Object.fromEntries(
          Object.entries(gradients[0] ?? {}).map(([name, data]) => [
            name,
            tf.add(tf.tensor(data, parameters[name]?.shape), 0),
          ]),
        ),
      );
      const kept = Object.values(parameters).map((parameter) => tf.clone(parameter));
      const twins = Object.values(parameters).map((p) => tf.variable(p as tf.Tensor));
      const state = Object.values(optimiser.state).map((variable) => tf.clone(variable));
      for (let i = 0; i < 3; i += 1) optimiser.update(given, 0.1);
      Object.values(start).forEach((data, i) => {
        expect([...(kept[i] as tf.Tensor).dataSync()]).toEqual(data);
        expect([...(twins[i] as tf.Tensor).dataSync()]).toEqual(data);
      });
      for (const tensor of state) expect(tensor.dataSync().every((x) => x === 0)).toBe(true);
      for (const [name, data] of Object.entries(gradients[0] ?? {})) {
        expect([...(given[name] as tf.Tensor).dataSync()]).toEqual(data);
      }
      optimiser.dispose();
      tf.dispose([parameters, given, kept, twins, state]);
    },
  );
});

describe("examples: optimisers", () => {
  beforeAll(() => startEngine("cpu"));
  const two = (): Record<"a" | "b", tf.Variable> => ({
    a: tf.variable(tf.ones([1])),
    b: tf.variable(tf.ones([1])),
  });

  it("name the parameter without a fitting gradient or the other way round, and move none", () => {
    for (const make of [sgd, adam, adamW, lars]) {
      const parameters = two();
      const optimiser = make({ parameters });
      const [one, pair] = [tf.ones([1]), tf.ones([2])];
      expect(() => optimiser.update({ a: one }, 0.1)).toThrow(/no gradient for `b`/);
      expect(() => optimiser.update({ a: one, b: pair }, 0.1)).toThrow(
        /gradient for `b` must be \[1\], got \[2\]/,
      );
      expect(() => optimiser.update({ a: one, b: one, c: one }, 0.1)).toThrow(
        /gradient `c` belongs to none of the 2 parameters/,
      );
      expect(parameters.a.dataSync()[0]).toBe(1);
      expect(optimiser.stepCount).toBe(0);
    }
  });

  it("name their state after the parameters, as PyTorch and Barlow Twins do", () => {
    const parameters = two();
    expect(Object.keys(sgd({ parameters }).state)).toEqual([]);
    expect(Object.keys(sgd({ parameters, momentum: 0.9 }).state)).toEqual([
      "momentum_buffer.a",
      "momentum_buffer.b",
    ]);
    const names = ["exp_avg.a", "exp_avg.b", "exp_avg_sq.a", "exp_avg_sq.b"];
    for (const make of [adam, adamW])
      expect(Object.keys(make({ parameters }).state)).toEqual(names);
    expect(Object.keys(lars({ parameters }).state)).toEqual(["mu.a", "mu.b"]);
  });

  it("refuse options out of range", () => {
    const parameters = two();
    expect(() => sgd({ parameters, momentum: -1 })).toThrow(
      /sgd: `momentum` must be at least 0, got -1/,
    );
    expect(() => sgd({ parameters, nesterov: true })).toThrow(/`nesterov` needs momentum above 0/);
    expect(() => sgd({ parameters, dampening: NaN })).toThrow(/`dampening` must be a finite/);
    expect(() => adam({ parameters, betas: [0.9, 1] })).toThrow(/`betas\[1\]` must be .* below 1/);
    expect(() => adamW({ parameters, weightDecay: -1 })).toThrow(/adamW: `weightDecay`.*got -1/);
    expect(() => lars({ parameters, momentum: 0 })).toThrow(/lars: `momentum`.*got 0/);
    expect(() => lars({ parameters, eta: -1 })).toThrow(/lars: `eta`.*got -1/);
    expect(() => adam({ parameters }).update({}, NaN)).toThrow(/`learningRate`.*got NaN/);
  });
});

describe("examples: LARS", () => {
  beforeAll(() => startEngine("cpu"));
  const step = (start: number[], gradient: number[], shape: number[]): number[] => {
    const w = tf.variable(tf.tensor(start, shape));
    lars({ parameters: { w }, weightDecay: 0, eta: 0.5 }).update(
      { w: tf.tensor(gradient, shape) },
      1,
    );
    return [...w.dataSync()];
  };

  it("scales a weight's gradient to η times the weight's norm", () => {
    expect(step([3, 4], [0, 100], [1, 2])).toEqual([3, 1.5]);
  });

  it("leaves biases and norms alone but for Barlow Twins' learning rate", () => {
    expect(step([3, 4], [0, 100], [2])[1]).toBeCloseTo(4 - (100 * 0.0048) / 0.2, 5);
  });

  it("takes the gradient as it is where a norm is 0", () => {
    expect(step([0, 0], [1, 2], [1, 2])).toEqual([-1, -2]);
    expect(step([3, 4], [0, 0], [1, 2])).toEqual([3, 4]);
    expect(step([3e-25, 4e-25], [0, 1e-25], [1, 2])[1]).toBeLessThan(4e-25);
  });
});
