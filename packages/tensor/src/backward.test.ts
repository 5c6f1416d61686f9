import { expectNoLeak, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { valueAndGradients } from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

const random = (shape: number[], seed: number): tf.Tensor =>
  tf.randomNormal(shape, 0, 1, "float32", seed);

/** A network with a shared input, a residual, an unused branch and a tensor used twice by one op. */
function network(x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Scalar {
  const y = tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b);
  tf.exp(tf.mul(y, 3)); // leads nowhere
  const z = tf.add(tf.tanh(tf.matMul(tf.relu(y) as tf.Tensor2D, w as tf.Tensor2D)), y);
  const half = tf.split(tf.concat([x, tf.square(x)], 1), 2, 1)[1] as tf.Tensor;
  return tf.sum(tf.mul(tf.mul(z, z), half));
}

describe("valueAndGradients", () => {
  it("parity: gives what tf.valueAndGrads gives", () => {
    const inputs = [random([4, 4], 1), random([4, 4], 2), random([4], 3)] as const;
    const stock = tf.valueAndGrads(network as (...xs: tf.Tensor[]) => tf.Scalar)([...inputs]);
    const own = valueAndGradients(() => network(...inputs), inputs);
    expect(relativeError(own.value, stock.value)).toBe(0);
    stock.grads.forEach((gradient, i) => {
      expect(relativeError(own.gradients[i] as tf.Tensor, gradient)).toBeLessThan(1e-6);
    });
  });

  it("gives undefined for what the value does not depend on, and the value's own 1", () => {
    const [x, other] = [tf.scalar(3), tf.scalar(2)];
    const { value, gradients } = valueAndGradients(() => tf.square(x), [x, other]);
    expect(value.dataSync()[0]).toBe(9);
    expect(gradients.map((g) => g?.dataSync()[0])).toEqual([6, undefined]);
    expect(valueAndGradients(() => x, [x]).gradients[0]?.dataSync()[0]).toBe(1);
  });

  it("law: leaves the value and the gradients, also after a fault in either pass", () => {
    const x = random([3, 3], 1);
    const chain = (): tf.Scalar => tf.sum(tf.square(tf.relu(tf.square(x))));
    expectNoLeak(() => {
      const { value, gradients } = valueAndGradients(chain, [x]);
      return [value, gradients[0] as tf.Tensor];
    }, 2);
    const failing = tf.customGrad((...args) => ({
      value: tf.square(args[0] as tf.Tensor),
      gradFunc: () => {
        throw new Error("no gradient");
      },
    })) as (y: tf.Tensor) => tf.Tensor;
    const before = tf.memory().numTensors;
    expect(() => valueAndGradients(() => tf.sum(failing(tf.relu(x))), [x])).toThrow("no gradient");
    expect(() =>
      valueAndGradients(() => {
        tf.square(tf.relu(x));
        throw new Error("no value");
      }, [x]),
    ).toThrow("no value");
    expect(tf.memory().numTensors).toBe(before);
  });

  it("law: what is saved is let go as the backward pass goes", () => {
    const x = random([3], 1);
    const alive: number[] = [];
    const watched = tf.customGrad((...args) => {
      const [y, save] = args as [tf.Tensor, tf.GradSaveFunc];
      save([y]);
      return {
        value: tf.add(y, 1),
        gradFunc: (dy: tf.Tensor) => {
          alive.push(tf.memory().numTensors);
          return tf.clone(dy);
        },
      };
    }) as (y: tf.Tensor) => tf.Tensor;
    valueAndGradients(() => {
      let y = x;
      for (let i = 0; i < 10; i += 1) y = watched(y);
      return tf.sum(y);
    }, [x]);
    expect(alive).toHaveLength(10);
    alive.slice(1).forEach((count, i) => expect(count).toBeLessThan(alive[i] as number));
  });

  it("inside another gradient it is differentiable itself", () => {
    const second = tf.grad((x: tf.Tensor) => {
      const { gradients } = valueAndGradients(() => tf.sum(tf.pow(x, tf.scalar(3))), [x]);
      return tf.sum(gradients[0] as tf.Tensor);
    });
    expect(second(tf.scalar(2)).dataSync()[0]).toBeCloseTo(12, 4);
  });
});
