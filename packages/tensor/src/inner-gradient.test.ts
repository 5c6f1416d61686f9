import { expectNoLeak, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { innerGradient, valueAndGradients } from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

const x = (): tf.Tensor2D => tf.randomNormal([3, 4], 0, 1, "float32", 1);

describe("innerGradient", () => {
  it("parity: the gradient at a tensor on the way is that with the tensor given", () => {
    const first = (y: tf.Tensor): tf.Tensor => tf.relu(tf.square(y));
    const second = (y: tf.Tensor): tf.Scalar => tf.sum(tf.mul(tf.exp(tf.mul(y, 0.1)), y));
    const given = x();
    const inner = innerGradient(() => {
      const at = first(given);
      return { at, value: second(at) };
    });
    const map = first(given);
    const { value, gradients } = valueAndGradients(() => second(map), [map]);
    expect(relativeError(inner.value, value)).toBe(0);
    expect(relativeError(inner.at, map)).toBe(0);
    expect(relativeError(inner.gradient, gradients[0] as tf.Tensor)).toBe(0);
  });

  it("is zero where the value does not depend on it, and one at the value itself", () => {
    const given = x();
    const apart = innerGradient(() => ({ at: tf.neg(given), value: tf.sum<tf.Scalar>(given) }));
    expect([...apart.gradient.dataSync()]).toEqual(Array.from({ length: 12 }, () => 0));
    const itself = innerGradient(() => {
      const value = tf.sum<tf.Scalar>(given);
      return { at: value, value };
    });
    expect(itself.gradient.dataSync()[0]).toBe(1);
  });

  it("law: leaves three tensors, none after a fault; refuses to be nested", () => {
    const given = x();
    expectNoLeak(() => {
      const { value, at, gradient } = innerGradient(() => {
        const at = tf.relu(given);
        return { at, value: tf.sum(tf.square(tf.sin(at))) };
      });
      return [value, at, gradient];
    }, 3);
    const before = tf.memory().numTensors;
    const failing = (): never => {
      tf.square(tf.relu(given));
      throw new Error("no value");
    };
    expect(() => innerGradient(failing)).toThrow("no value");
    const nested = (): tf.Scalar =>
      innerGradient(() => ({ at: given, value: tf.sum(tf.square(given)) })).value;
    expect(() => valueAndGradients(nested, [given])).toThrow(/innerGradient: called within/);
    expect(tf.memory().numTensors).toBe(before);
  });
});
