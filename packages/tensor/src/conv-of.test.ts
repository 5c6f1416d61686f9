import { startEngine } from "@dira/engine";
import { expectNoLeak } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import {
  concatChannels,
  conv,
  convOf,
  type ConvOptions,
  profileMemory,
  relu,
  upsampleNearest,
  valueAndGradients,
} from "./index.ts";

const engines = await enginesHere();
const random = (shape: number[], seed: number): tf.Tensor =>
  tf.randomNormal(shape, 0, 1, "float32", seed);
const numbers = (tensors: readonly (tf.Tensor | undefined)[]): number[][] =>
  tensors.map((tensor) => [...(tensor as tf.Tensor).dataSync()]);

/** A U-Net's joint: upsampled beside a skip connection, each used elsewhere as well. */
const make = (...[below, skip]: tf.Tensor[]): tf.Tensor =>
  concatChannels([upsampleNearest(below as tf.Tensor, 2), skip as tf.Tensor]);

describe.each(engines)("convOf, parity with conv, on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  it.each([
    [2, { padding: 1 }, 3],
    [3, { padding: 1 }, 3],
    [2, { padding: [1, 0] }, [3, 1]],
    [2, { padding: 1, stride: 2 }, 3],
    [3, { padding: 2, dilation: 2 }, 3],
    [2, {}, 1],
    [2, {}, 3],
    [3, { padding: 2 }, 3],
  ] as [2 | 3, ConvOptions, number | number[]][])(
    "the same bits in %dD with %j and a kernel of %j",
    (rank, options, size) => {
      tf.tidy(() => {
        const sizes = [2, 3, 2].slice(0, rank);
        const kernel = Array.isArray(size) ? size : sizes.map(() => size);
        const below = random([2, ...sizes, 3], 1);
        const skip = random([2, ...sizes.map((s) => 2 * s), 2], 2);
        const filter = tf.variable(random([...kernel, 5, 4], 3));
        const run = (joined: () => tf.Tensor) =>
          valueAndGradients(() => {
            const y = tf.mean(tf.square(relu(joined())));
            return tf.addN([y, tf.mean(tf.tanh(below)), tf.mean(tf.sin(skip))]) as tf.Scalar;
          }, [below, skip, filter]);
        const plain = run(() => conv(make(below, skip), filter, options));
        const kept = run(() => convOf({ make, inputs: [below, skip] }, filter, options));
        expect(numbers([kept.value, ...kept.gradients])).toEqual(
          numbers([plain.value, ...plain.gradients]),
        );
        filter.dispose();
      });
    },
  );

  it("law: keeps neither what is made nor copies of it, and leaves nothing", async () => {
    const filter = tf.variable(random([3, 3, 5, 4], 3));
    const [below, skip] = [random([2, 4, 4, 3], 1), random([2, 8, 8, 2], 2)];
    const step = (kept: boolean) => () => {
      tf.tidy(() => {
        valueAndGradients(() => {
          const maps = [tf.tanh(below), tf.tanh(skip)];
          const y = kept
            ? convOf({ make, inputs: maps }, filter, { padding: 1 })
            : conv(make(...maps), filter, { padding: 1 });
          return tf.mean(relu(y));
        }, [filter, below, skip]);
      });
    };
    const retained = async (kept: boolean): Promise<number> =>
      (await profileMemory(step(kept))).gradients[0]?.retained.bytes ?? NaN;
    const joined = 4 * 2 * 8 * 8 * 5;
    const [plain, without] = [await retained(false), await retained(true)];
    // Stock wasm copies what is kept: the maps instead of the joint.
    if (engine === "wasm") expect(without).toBeLessThan(plain);
    else expect(plain - without).toBe(joined);
    expectNoLeak(() => (step(true)(), []), 0);
    tf.dispose([filter, below, skip]);
  });
});

describe("concatChannels", () => {
  it("example: side by side along the last axis, its gradient in pieces", () => {
    const [a, b] = [
      tf.tensor2d([[1], [2]]),
      tf.tensor2d([
        [3, 4],
        [5, 6],
      ]),
    ];
    expect([...concatChannels([a, b]).dataSync()]).toEqual([1, 3, 4, 2, 5, 6]);
    const [da, db] = tf.grads((x, y) => tf.sum(tf.square(concatChannels([x, y]))))([a, b]);
    expect(numbers([da, db])).toEqual([
      [2, 4],
      [6, 8, 10, 12],
    ]);
  });
});
