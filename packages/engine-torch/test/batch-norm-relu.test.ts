import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { batchNormRelu, conv } from "../../tensor/src/index.ts";
import { setComputeType } from "../src/index.ts";
import { whyNoAddon } from "./why-no-addon.ts";

const why = whyNoAddon();
if (why !== undefined) console.log(`Tests of batch norm with ReLU are skipped: ${why}`);

const draw = (shape: number[], seed: number): tf.Tensor =>
  tf.randomUniform(shape, -1, 1, "float32", seed);

describe.skipIf(why !== undefined)("batch norm with ReLU where its output lies", () => {
  beforeAll(async () => {
    await tf.setBackend("torch");
  });
  afterEach(() => setComputeType("float32"));

  /** Far from the ReLU's kink, on which side rounding decides. */
  function residual(): tf.Tensor {
    const signs = tf.sign(draw([2, 9, 7, 8], 6));
    return tf.add(tf.mul(signs, 20), draw([2, 9, 7, 8], 7));
  }

  /** A residual unit: its value, and the gradients of a weighted sum of it. */
  function unit(): number[][] {
    return tf.tidy(() => {
      const x = draw([2, 9, 7, 8], 1);
      const inputs = [draw([3, 3, 8, 8], 2), draw([8], 3), draw([8], 4), residual()];
      const f = (filter: tf.Tensor, g: tf.Tensor, b: tf.Tensor, residual: tf.Tensor): tf.Tensor =>
        batchNormRelu(conv(x, filter, { padding: 1 }), g as tf.Tensor1D, b as tf.Tensor1D, {
          residual,
        });
      const value = f(...(inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]));
      const weights = draw(value.shape, 5);
      const gradients = tf.grads((...given) =>
        tf.sum(tf.mul(f(...(given as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor])), weights)),
      )(inputs);
      return [value, ...gradients, inputs[3] as tf.Tensor].map((t) => [...t.dataSync()]);
    });
  }

  it("gives what batch norm, sum and ReLU give one by one, and leaves the residual as it was", () => {
    const fused = unit();
    const kernel = tf.getKernel("DiraBatchNormRelu", "torch");
    expect(kernel).toBeDefined();
    tf.unregisterKernel("DiraBatchNormRelu", "torch");
    const composed = unit();
    tf.registerKernel(kernel);
    expect(fused).toEqual(composed);
    expect(fused.at(-1)).toEqual([...tf.tidy(residual).dataSync()]);
  });

  it("computes in bfloat16 what it computes in float32, within its rounding", () => {
    const wide = unit();
    setComputeType("bfloat16");
    const narrow = unit();
    narrow.forEach((values, i) => {
      const [a, b] = [tf.tensor1d(values), tf.tensor1d(wide[i] as number[])];
      const error = tf.norm(tf.sub(a, b)).dataSync()[0] as number;
      expect(error / (tf.norm(b).dataSync()[0] as number)).toBeLessThan(0.01);
    });
    expect(narrow[0]).not.toEqual(wide[0]);
  });
});
