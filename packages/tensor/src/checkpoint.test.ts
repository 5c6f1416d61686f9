import { expectNoLeak, expectSecondOrderGradient, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkpoint, valueAndGradients } from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

const random = (shape: number[], seed: number): tf.Tensor =>
  tf.randomNormal(shape, 0, 1, "float32", seed);
const x = random([4, 4], 1);
const other = random([4, 4], 2);
const w = tf.variable(random([4, 4], 3));
const runs = tf.variable(tf.scalar(0), false);
afterAll(() => tf.dispose([x, other, w, runs]));

/** Uses its inputs twice, a parameter, and counts its runs. */
const block = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
  runs.assign(tf.add(runs, 1));
  const y = tf.relu(tf.matMul(a as tf.Tensor2D, w as tf.Tensor2D));
  return tf.add(tf.mul(tf.tanh(y), b), a);
};
const own = { parameters: { w }, buffers: { runs } };
const checkpointed = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  checkpoint(block as (...inputs: tf.Tensor[]) => tf.Tensor, [a, b], own);
type Block = typeof block;
const chain = (f: Block, a: tf.Tensor, b: tf.Tensor): tf.Scalar => {
  let y = a;
  for (let i = 0; i < 6; i += 1) y = f(y, b);
  return tf.mean(tf.square(y));
};
const numbers = (tensors: readonly (tf.Tensor | null | undefined)[]): number[][] =>
  tensors.map((tensor) => [...(tensor as tf.Tensor).dataSync()]);

describe("checkpoint", () => {
  it("parity: value and gradients of a chain, bit for bit", () => {
    const plain = valueAndGradients(() => chain(block, x, other), [x, other, w]);
    const kept = valueAndGradients(() => chain(checkpointed, x, other), [x, other, w]);
    expect(numbers([kept.value, ...kept.gradients])).toEqual(
      numbers([plain.value, ...plain.gradients]),
    );
  });

  it("parity: under TensorFlow.js's own gradients", () => {
    const grads = (f: Block): tf.Tensor[] =>
      tf.grads((...[a, b]) => chain(f, a as tf.Tensor, b as tf.Tensor))([x, other]);
    expect(numbers(grads(checkpointed))).toEqual(numbers(grads(block)));
  });

  it("parity: where inputs and parameters are used elsewhere too, before, between and after, bit for bit", () => {
    const mixed = (f: Block): tf.Scalar => {
      const before = tf.sin(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D));
      const first = f(before, other);
      const second = f(first, tf.mul(first, x));
      const after = tf.matMul(tf.add(second, first) as tf.Tensor2D, w as tf.Tensor2D);
      return tf.sum(tf.mul(tf.mul(after, other), tf.cos(x)));
    };
    const xs = [x, other, w];
    const plain = valueAndGradients(() => mixed(block), xs);
    const kept = valueAndGradients(() => mixed(checkpointed), xs);
    expect(numbers(kept.gradients)).toEqual(numbers(plain.gradients));
  });

  it("law: takes no gradient that nobody uses", () => {
    const taken: string[] = [];
    const watched = (name: string): ((y: tf.Tensor) => tf.Tensor) =>
      tf.customGrad((...args) => ({
        value: tf.clone(args[0] as tf.Tensor),
        gradFunc: (dy: tf.Tensor) => (taken.push(name), tf.clone(dy)),
      })) as (y: tf.Tensor) => tf.Tensor;
    const [ofX, ofOther] = [watched("x"), watched("other")];
    const product = (...[a, b]: tf.Tensor[]): tf.Tensor =>
      tf.mul(ofX(a as tf.Tensor), ofOther(b as tf.Tensor));
    const { gradients } = valueAndGradients(() => tf.sum(checkpoint(product, [x, other])), [x]);
    expect(numbers(gradients)).toEqual(numbers([other]));
    expect(taken).toEqual(["x"]);
  });

  it("law: the gradient of its gradient, in inputs and in what comes before", () => {
    const smooth: Block = (a, b) => tf.mul(tf.sin(tf.matMul(a as tf.Tensor2D, w as never)), b);
    const twice = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      [0, 1].reduce(
        (y) =>
          checkpoint((...inputs) => smooth(...(inputs as [never, never])), [y, b], {
            parameters: { w },
          }),
        a,
      );
    expectSecondOrderGradient((a, b) => twice(tf.sin(a as tf.Tensor), b as tf.Tensor), [x, other]);
  });

  it("law: a gradient penalty through it has the plain one's gradient in the parameters", () => {
    const penalty = (f: Block) => (): tf.Scalar =>
      tf.sum(tf.square(valueAndGradients(() => chain(f, x, other), [x]).gradients[0] as tf.Tensor));
    const plain = valueAndGradients(penalty(block), [w, other]);
    const kept = valueAndGradients(penalty(checkpointed), [w, other]);
    plain.gradients.forEach((gradient, i) => {
      const found = kept.gradients[i] as tf.Tensor;
      expect(relativeError(found, gradient as tf.Tensor)).toBeLessThan(1e-5);
    });
  });

  it("one within another", () => {
    const twice = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      checkpoint(
        (...inputs) => checkpointed(inputs[0] as tf.Tensor, inputs[1] as tf.Tensor),
        [a, b],
        own,
      );
    const plain = valueAndGradients(() => chain(block, x, other), [x, w]);
    const kept = valueAndGradients(() => chain(twice, x, other), [x, w]);
    expect(numbers(kept.gradients)).toEqual(numbers(plain.gradients));
  });

  it("law: buffers change once a run, and it runs again only for a gradient", () => {
    const before = runs.dataSync()[0] ?? NaN;
    tf.dispose(tf.tidy(() => checkpointed(x, other)));
    expect(runs.dataSync()[0]).toBe(before + 1);
    let calls = 0;
    const counted: Block = (a, b) => ((calls += 1), block(a, b));
    tf.tidy(() => {
      valueAndGradients(
        () => tf.sum(checkpoint(counted as (...inputs: tf.Tensor[]) => tf.Tensor, [x, other], own)),
        [x],
      );
    });
    expect(calls).toBe(2);
    expect(runs.dataSync()[0]).toBe(before + 2);
  });

  it("law: keeps the inputs of a chain, and the inside of one link at most", () => {
    const peak = (f: Block): number => {
      let most = 0;
      const watched = tf.customGrad((...args) => ({
        value: tf.clone(args[0] as tf.Tensor),
        gradFunc: (dy: tf.Tensor) => ((most = tf.memory().numTensors), tf.clone(dy)),
      })) as (y: tf.Tensor) => tf.Tensor;
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        valueAndGradients(() => watched(chain(f, x, other)) as tf.Scalar, [x]);
      });
      return most - before;
    };
    expect(peak(checkpointed)).toBeLessThan(0.5 * peak(block));
  });

  it("leaves nothing but value and gradients", () => {
    expectNoLeak(() => {
      const { value, gradients } = valueAndGradients(() => chain(checkpointed, x, other), [x, w]);
      return [value, ...(gradients as tf.Tensor[])];
    }, 3);
  });

  it("a fault in its block is the caller's", () => {
    const failing = (): tf.Tensor => {
      throw new Error("no value");
    };
    expect(() => valueAndGradients(() => checkpoint(failing, [x]) as tf.Scalar, [x])).toThrow(
      "no value",
    );
  });
});
