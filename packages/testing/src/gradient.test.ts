import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  distinctValues,
  expectAdjoint,
  expectGradient,
  expectSecondOrderGradient,
  pseudoRandom,
  type TensorFunction,
} from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

const random = (shape: number[], seed: number): tf.Tensor =>
  tf.tensor(pseudoRandom(shape, seed), shape);

/** `f` whose gradients are changed by `spoil`: a planted fault. */
function faulty(
  f: TensorFunction,
  spoil: (gradient: tf.Tensor, index: number) => tf.Tensor,
): TensorFunction {
  return (...inputs) =>
    tf.customGrad((...all) => {
      const save = all.pop() as tf.GradSaveFunc;
      const args = all as tf.Tensor[];
      save(args);
      const backward = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
        const state = (tf.engine() as unknown as { state: { activeTape: unknown } }).state;
        const tape = state.activeTape;
        const gradients = tf.grads(f)(saved, dy);
        state.activeTape = tape; // TensorFlow.js forgets it in a nested call
        return gradients.map(spoil);
      };
      return { value: f(...args), gradFunc: backward };
    })(...inputs);
}

/** Smooth, curved, and of several inputs: a layer with a bias and softplus, then a mean over columns. */
const layer: TensorFunction = (x, w, b) =>
  tf.softplus(tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b as tf.Tensor));
const inputs = (): tf.Tensor[] => [random([6, 5], 1), random([5, 5], 2), random([5], 3)];

/** Rows 0, 2, 4, … become zero. */
const everyOther = (g: tf.Tensor): tf.Tensor => {
  const rows = Float32Array.from({ length: g.shape[0] ?? 1 }, (_, i) => i % 2);
  return tf.mul(g, tf.tensor(rows, [rows.length, ...g.shape.slice(1).map(() => 1)]));
};
const oneElement = (g: tf.Tensor): tf.Tensor => {
  const values = g.dataSync().slice();
  values[values.length - 1] = 0;
  return tf.tensor(values, g.shape);
};
const at = (wanted: number, spoil: (g: tf.Tensor) => tf.Tensor) => (g: tf.Tensor, i: number) =>
  i === wanted ? spoil(g) : g;

const faults: [string, (g: tf.Tensor, i: number) => tf.Tensor][] = [
  ["2 % too large", at(0, (g) => tf.mul(g, 1.02))],
  ["1 % too small", at(1, (g) => tf.mul(g, 0.99))],
  ["transposed", at(1, (g) => tf.transpose(g))],
  ["every other batch item missing", at(0, everyOther)],
  ["reversed", at(0, (g) => tf.reverse(g, 0))],
  ["one element missing", at(2, oneElement)],
  ["of the wrong sign", at(2, (g) => tf.neg(g))],
  ["zero", at(0, (g) => tf.zerosLike(g))],
  ["with a constant added", at(1, (g) => tf.add(g, 0.05))],
  ["not a number", at(1, (g) => tf.mul(g, NaN))],
];

describe("expectGradient", () => {
  it("accepts right gradients, curved, scaled and summed", () => {
    expectGradient(layer, inputs());
    expectGradient(
      (x) => tf.mul(layer(x, random([5, 5], 2), random([5], 3)), 1e4),
      [random([6, 5], 1)],
    );
    expectGradient((x) => tf.logSumExp(tf.div(x, 0.1)), [random([40], 4)]);
    expectGradient((x) => tf.mean(tf.square(tf.add(x, 30))), [random([500], 5)]);
    expectGradient((x) => tf.relu(x), [distinctValues([7, 30], 6)], { step: 0.05 });
    expectGradient((x) => tf.mul(x, 0), [random([4], 7)]);
  });

  it.each(faults)("catches a gradient %s", (_, spoil) => {
    expect(() => expectGradient(faulty(layer, spoil), inputs())).toThrow(/Gradient of input \d/);
  });

  it("does not pass where it can't tell: kinks, noise", () => {
    expect(() => expectGradient((x) => tf.relu(x), [tf.zeros([6])])).toThrow(/too uncertain/);
    const noisy = (x: tf.Tensor): tf.Tensor => tf.sub(tf.add(x, 1e6), 1e6);
    expect(() => expectGradient(noisy, [random([6], 8)])).toThrow(/Gradient of input 0/);
  });

  it("catches a shape that is not the input's", () => {
    const f = faulty(
      (x) => tf.square(x as tf.Tensor),
      (g) => tf.reshape(g, [-1]),
    );
    expect(() => expectGradient(f, [random([2, 3], 9)])).toThrow(/shape/);
  });

  it("leaves no tensor behind", () => {
    const given = inputs();
    const before = tf.memory().numTensors;
    expectGradient(layer, given);
    expectSecondOrderGradient(layer, given);
    expectAdjoint((x) => tf.mul(x, 3), [4]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("expectAdjoint", () => {
  const product: TensorFunction = (x) =>
    tf.matMul(x as tf.Tensor2D, random([5, 5], 2) as tf.Tensor2D);

  it("accepts the adjoint", () => expectAdjoint(product, [6, 5]));

  it.each([
    ["0.1 % too large", (g: tf.Tensor) => tf.mul(g, 1.001)],
    ["with every other batch item missing", everyOther],
    ["with one element missing", oneElement],
    ["reversed", (g: tf.Tensor) => tf.reverse(g, 1)],
  ])("catches an adjoint %s", (_, spoil) => {
    expect(() => expectAdjoint(faulty(product, spoil), [6, 5])).toThrow(/not the adjoint/);
  });

  it("catches functions that are not linear", () => {
    expect(() => expectAdjoint((x) => tf.relu(x), [9])).toThrow(/not linear/);
    expect(() => expectAdjoint((x) => tf.add(x, 1), [9])).toThrow(/not linear/);
  });
});

describe("expectSecondOrderGradient", () => {
  it("accepts right ones", () => {
    expectSecondOrderGradient(layer, inputs());
    expectSecondOrderGradient((x) => tf.mul(x, 3), [random([5], 1)]);
  });

  it("catches a gradient that holds a factor constant", () => {
    // The first gradient of x³ is right, but x² in it counts as a constant.
    const cube = (x: tf.Tensor): tf.Tensor =>
      tf.customGrad((x) => {
        const value = tf.pow(x as tf.Tensor, 3);
        const square = (x as tf.Tensor).dataSync().map((v) => 3 * v * v);
        return { value, gradFunc: (dy) => tf.mul(dy, tf.tensor(square)) };
      })(x);
    expectGradient(cube, [random([5], 1)]);
    expect(() => expectSecondOrderGradient(cube, [random([5], 1)])).toThrow(/Gradient of input 0/);
  });
});
