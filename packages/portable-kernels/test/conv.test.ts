import { startEngine } from "@dira/engine";
import { pseudoRandom, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import { registerKernels } from "../src/index.ts";
import { type Case, convolved, filterGradient, inputGradient, outputOf } from "./reference.ts";

/** Room for sums of some thousand products in single precision. */
const TOLERANCE = 1e-6;
const RUNS = 60;

const axis = fc
  .record({
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    spare: fc.integer({ min: 0, max: 12 }),
  })
  .map(({ spare, ...a }) => ({
    ...a,
    size: Math.max(1, a.dilation * (a.kernel - 1) + 1 - 2 * a.padding + spare),
  }));

const cases: fc.Arbitrary<Case> = fc.record({
  images: fc.integer({ min: 1, max: 3 }),
  // Below, at and above the widths of tiles.
  channels: fc.integer({ min: 1, max: 9 }),
  outChannels: fc.integer({ min: 1, max: 18 }),
  axes: fc.oneof(
    fc.array(axis, { minLength: 2, maxLength: 2 }),
    fc.array(axis, { minLength: 3, maxLength: 3 }).map((a) =>
      a.map((b) => ({
        ...b,
        size: Math.min(b.size, Math.max(6, b.dilation * (b.kernel - 1) + 1)),
      })),
    ),
  ),
});

const tensors = (c: Case): Record<"x" | "w" | "dy", tf.Tensor> => {
  const make = (shape: number[], seed: number): tf.Tensor =>
    tf.tensor(pseudoRandom(shape, seed), shape);
  return {
    x: make([c.images, ...c.axes.map(({ size }) => size), c.channels], 1),
    w: make([...c.axes.map(({ kernel }) => kernel), c.channels, c.outChannels], 2),
    dy: make([c.images, ...outputOf(c), c.outChannels], 3),
  };
};

/** A kernel's output by our names (explicit padding) or by TensorFlow.js's. */
const run = (name: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap) as tf.Tensor;

await enginesHere(["wasm"]);

beforeAll(async () => {
  await startEngine("wasm");
  registerKernels("wasm");
});

describe("convolutions on wasm", () => {
  it("are their definition, with either padding and stride, of images and volumes", () => {
    const check = (c: Case): void => {
      const plain = { ...c, axes: c.axes.map((a) => ({ ...a, dilation: 1 })) };
      const rank = c.axes.length;
      tf.tidy(() => {
        const { x, w, dy } = tensors(plain);
        const attributes = {
          stride: c.axes.map(({ stride }) => stride),
          padding: c.axes.map(({ padding }) => padding),
        };
        const names = ["", "InputGrad", "FilterGrad"].map((part) => `DiraConv${rank}d${part}`);
        const [forward, input, filter] = names as [string, string, string];
        const values = [x, w, dy].map((t) => t.dataSync()) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const y = run(forward, { x, filter: w }, attributes);
        const dx = run(input, { dy, filter: w }, { ...attributes, shape: x.shape });
        const dw = run(filter, { x, dy }, { ...attributes, shape: w.shape });
        expect(relativeError(y, convolved(plain, values[0], values[1]))).toBeLessThan(TOLERANCE);
        expect(relativeError(dx, inputGradient(plain, values[2], values[1]))).toBeLessThan(
          TOLERANCE,
        );
        expect(relativeError(dw, filterGradient(plain, values[0], values[2]))).toBeLessThan(
          TOLERANCE,
        );
      });
    };
    const fits = cases.filter((c) =>
      outputOf({ ...c, axes: c.axes.map((a) => ({ ...a, dilation: 1 })) }).every((n) => n > 0),
    );
    fc.assert(fc.property(fits, check), { numRuns: RUNS });
  });

  it("under TensorFlow.js's names take dilation and explicit padding", () => {
    const images = cases.filter((c) => c.axes.length === 2 && outputOf(c).every((n) => n > 0));
    const check = (c: Case): void => {
      tf.tidy(() => {
        const { x, w, dy } = tensors(c);
        const pads = c.axes.map(({ padding: p }) => [p, p]);
        const attributes = {
          strides: c.axes.map(({ stride }) => stride),
          dilations: c.axes.map(({ dilation }) => dilation),
          pad: [[0, 0], ...pads, [0, 0]],
          dataFormat: "NHWC",
        };
        const values = [x, w, dy].map((t) => t.dataSync()) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const y = run("Conv2D", { x, filter: w }, attributes);
        const dx = run(
          "Conv2DBackpropInput",
          { dy, filter: w },
          { ...attributes, inputShape: x.shape },
        );
        const dw = run("Conv2DBackpropFilter", { x, dy }, { ...attributes, filterShape: w.shape });
        expect(relativeError(y, convolved(c, values[0], values[1]))).toBeLessThan(TOLERANCE);
        expect(relativeError(dx, inputGradient(c, values[2], values[1]))).toBeLessThan(TOLERANCE);
        expect(relativeError(dw, filterGradient(c, values[0], values[2]))).toBeLessThan(TOLERANCE);
      });
    };
    fc.assert(fc.property(images, check), { numRuns: RUNS });
  });

  it("train through tf.grads: `same` with a stride pads more after than before, of images and volumes", () => {
    for (const rank of [2, 3]) {
      tf.tidy(() => {
        const size = [7, 6, 5].slice(0, rank);
        const axes = size.map((n) => {
          const total = Math.max(0, (Math.ceil(n / 2) - 1) * 2 + 3 - n);
          return {
            size: n + total,
            kernel: 3,
            stride: 2,
            padding: 0,
            dilation: 1,
            before: Math.floor(total / 2),
            total,
          };
        });
        const x = tf.tensor(pseudoRandom([2, ...size, 3], 1), [2, ...size, 3]);
        const w = tf.tensor(pseudoRandom([...size.map(() => 3), 3, 5], 2), [
          ...size.map(() => 3),
          3,
          5,
        ]);
        const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
          rank === 2
            ? tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, "same")
            : tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 2, "same");
        const y = f(x, w);
        const dy = tf.tensor(pseudoRandom(y.shape, 3), y.shape);
        const [dx, dw] = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(f(a, b), dy)))([
          x,
          w,
        ]);
        const border = axes.map(({ before, total }): [number, number] => [before, total - before]);
        const padded = tf.pad(x, [[0, 0], ...border, [0, 0]]);
        const c = { images: 2, channels: 3, outChannels: 5, axes };
        const whole = tf.tensor(
          Float32Array.from(inputGradient(c, dy.dataSync(), w.dataSync())),
          padded.shape,
        );
        const cropped = tf.slice(whole, [0, ...border.map(([b]) => b), 0], x.shape);
        expect(relativeError(y, convolved(c, padded.dataSync(), w.dataSync()))).toBeLessThan(
          TOLERANCE,
        );
        expect(relativeError(dx as tf.Tensor, cropped)).toBeLessThan(TOLERANCE);
        expect(
          relativeError(dw as tf.Tensor, filterGradient(c, padded.dataSync(), dy.dataSync())),
        ).toBeLessThan(TOLERANCE);
      });
    }
  });

  it("leave no memory behind, and say so of layouts that they don't know", () => {
    tf.tidy(() => {
      const [x, w] = [tf.ones([1, 8, 8, 8]) as tf.Tensor4D, tf.ones([3, 3, 8, 4]) as tf.Tensor4D];
      expect(() => tf.conv2d(x, w, 1, "same", "NCHW")).toThrow(/channelsFirst|NCHW/);
      const memory = (): number => {
        const heap = (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8;
        return heap.length;
      };
      const step = (): void =>
        tf.dispose(
          tf.grads((a: tf.Tensor, b: tf.Tensor) =>
            tf.sum(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, "same")),
          )([x, w]),
        );
      step();
      const before = memory();
      for (let i = 0; i < 2000; i += 1) step();
      expect(memory()).toBe(before);
    });
  });
});
