import { startEngine } from "@dira/engine";
import { expectNoLeak, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { adamUpdate, averageUpdate, momentumUpdate } from "./index.ts";

let reason: string | undefined;
try {
  await startEngine("tensorflow");
} catch (error) {
  reason = String(error);
  console.log(`Updates in place are skipped, there is no engine \`tensorflow\`: ${reason}`);
}

/** Matrices, a volume's filter, vectors (which are joined) and a scalar; sizes that no packet divides. */
const shapes = [[7, 5], [3, 3, 3, 2, 4], [17], [], [5], [64]];
/** What an update changes, and the gradients or values that it takes. */
type State = readonly (readonly tf.Variable[])[];
type Update = (state: State, given: readonly tf.Tensor[]) => void;

const step = { learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-6 };
const adam =
  (options: object): Update =>
  (state, given) =>
    [1, 2, 3].forEach((t) =>
      adamUpdate(
        state.map(([parameter, firstMoment, secondMoment], i) => ({
          parameter: parameter as tf.Variable,
          firstMoment: firstMoment as tf.Variable,
          secondMoment: secondMoment as tf.Variable,
          gradient: given[i] as tf.Tensor,
        })),
        { ...step, ...options, step: t },
      ),
    );
const momentum =
  (options: object): Update =>
  (state, given) =>
    [1, 2, 3].forEach(() =>
      momentumUpdate(
        state.map(([parameter, buffer], i) => ({
          parameter: parameter as tf.Variable,
          buffer: buffer as tf.Variable,
          gradient: given[i] as tf.Tensor,
        })),
        { learningRate: 0.1, momentum: 0.9, ...options },
      ),
    );
const average: Update = (state, given) =>
  averageUpdate(
    state.map(([own], i) => ({ average: own as tf.Variable, value: given[i] as tf.Tensor })),
    0.99,
  );
const updates: Record<string, Update> = {
  adam: adam({}),
  "adam weightDecay": adam({ weightDecay: 0.1 }),
  adamW: adam({ decoupledWeightDecay: 0.1 }),
  momentum: momentum({}),
  "momentum weightDecay": momentum({ weightDecay: 0.1 }),
  "momentum weightDecay above μ": momentum({ weightDecay: 0.1, momentum: 1e-3 }),
  nesterov: momentum({ nesterov: true, weightDecay: 0.1 }),
  average,
};

function make(): { state: State; given: tf.Tensor[] } {
  const random = (shape: number[], seed: number): tf.Tensor => {
    const size = shape.reduce((a, b) => a * b, 1);
    const wave = Array.from({ length: size }, (_, i) => 2 * Math.sin(i * 12.9898 + seed));
    return tf.tensor(wave, shape);
  };
  return {
    state: shapes.map((shape, i) =>
      [0, 1, 2].map((j) =>
        tf.tidy(() => tf.variable(tf.abs(random(shape, 10 * i + j)) as tf.Tensor)),
      ),
    ),
    given: shapes.map((shape, i) => random(shape, 1000 + i)),
  };
}

function run(update: Update): number[][] {
  const { state, given } = make();
  update(state, given);
  const values = state.flat().map((variable) => [...variable.dataSync()]);
  tf.dispose([state as tf.Variable[][], given]);
  return values;
}

describe.skipIf(reason !== undefined)("laws: updates in place on tensorflow", () => {
  beforeAll(() => startEngine("tensorflow"));

  it.each(Object.entries(updates))("%s is what the composed one is", async (_, update) => {
    const fused = run(update);
    await startEngine("cpu");
    const composed = run(update);
    await startEngine("tensorflow");
    composed.forEach((values, i) =>
      expect(relativeError(fused[i] ?? [], values), `tensor ${i}`).toBeLessThan(5e-7),
    );
  });

  it.each(Object.entries(updates))("%s writes to nothing but its variables", (_, update) => {
    const { state, given } = make();
    const variables = state.flat();
    const others = [
      ...given,
      ...variables.map((v) => tf.clone(v as tf.Tensor)),
      ...variables.map((v) => tf.variable(v as tf.Tensor)),
      ...variables.map((v) => tf.reshape(v as tf.Tensor, [-1])),
    ];
    const before = others.map((tensor) => [...tensor.dataSync()]);
    for (let i = 0; i < 3; i += 1) update(state, given);
    others.forEach((tensor, i) => expect([...tensor.dataSync()]).toEqual(before[i]));
    expect([...(variables[0] as tf.Variable).dataSync()]).not.toEqual(before[given.length]);
    tf.dispose([variables, others]);
  });

  it("a typed array that became a variable stays as it was", () => {
    const arrays = [new Float32Array(4096).fill(1), new Float32Array(64).fill(1)];
    const state = arrays.map((array) => [
      tf.tidy(() => tf.variable(tf.tensor(array))),
      tf.tidy(() => tf.variable(tf.tensor(array, [array.length / 2, 2]))),
    ]);
    const given = state.map(([v]) => tf.ones((v as tf.Variable).shape));
    const targets = (column: number): { average: tf.Variable; value: tf.Tensor }[] =>
      state.map((row, i) => {
        const own = row[column] as tf.Variable;
        return { average: own, value: tf.reshape(given[i] as tf.Tensor, own.shape) };
      });
    const momenta = state.map((row, i) => ({
      parameter: row[1] as tf.Variable,
      buffer: tf.variable(tf.zeros((row[1] as tf.Variable).shape)),
      gradient: tf.reshape(given[i] as tf.Tensor, (row[1] as tf.Variable).shape),
    }));
    averageUpdate(targets(0), 0.5);
    for (let i = 0; i < 2; i += 1) momentumUpdate(momenta, { learningRate: 1, momentum: 0.5 });
    for (const array of arrays) expect(array.every((x) => x === 1)).toBe(true);
    for (const [, moved] of state) expect((moved as tf.Variable).dataSync()[0]).toBe(-1.5);
  });

  it("the weights of an average sum to 1: an average of what it follows stays", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (m) => {
        const own = tf.variable(tf.fill([5, 2], 1 / 3));
        const value = tf.fill([5, 2], 1 / 3);
        for (let i = 0; i < 50; i += 1) averageUpdate([{ average: own, value }], m);
        const [x = NaN] = own.dataSync();
        tf.dispose([own, value]);
        expect(Math.abs(x * 3 - 1)).toBeLessThan(50 * 1.2e-7);
      }),
      { numRuns: 30 },
    );
  });

  it.each(Object.entries(updates))("%s leaves no tensor behind", (_, update) => {
    const { state, given } = make();
    const { binding } = tf.backend() as unknown as {
      binding: { getNumOfTensors(): number };
    };
    const count = (): number => binding.getNumOfTensors();
    update(state, given);
    const before = count();
    expectNoLeak(() => {
      update(state, given);
      return [];
    }, 0);
    expect(count()).toBe(before);
    tf.dispose([state as tf.Variable[][], given]);
  });
});
