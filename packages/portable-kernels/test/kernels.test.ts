import { startEngine } from "@dira/engine";
import { relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import { registerKernels } from "../src/index.ts";
import { convolved, type Case, eachProduct, outputOf, product } from "./reference.ts";
import { norm, random, run } from "./run.ts";

const small = fc.integer({ min: 1, max: 11 });

await enginesHere(["wasm", "cpu"]);

describe("on wasm", () => {
  beforeAll(async () => {
    await startEngine("wasm");
    registerKernels("wasm");
  });

  it("products of matrices are their definition, transposed or not, and broadcast", () => {
    const property = fc.property(
      fc.record({ rows: small, inner: small, columns: fc.integer({ min: 1, max: 20 }) }),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom([[], []], [[2], [2]], [[3, 1], [2]], [[], [2, 2]]),
      ({ rows, inner, columns }, transposeA, transposeB, [before = [], after = []]) => {
        tf.tidy(() => {
          const a = random([...before, ...(transposeA ? [inner, rows] : [rows, inner])], 1);
          const b = random([...after, ...(transposeB ? [columns, inner] : [inner, columns])], 2);
          const turn = (t: tf.Tensor, turned: boolean): tf.Tensor => {
            const axes = t.shape.map((_, i) => i);
            return turned ? tf.transpose(t, [...axes.slice(0, -2), t.rank - 1, t.rank - 2]) : t;
          };
          const [left, right] = [turn(a, transposeA), turn(b, transposeB)];
          const expected = tf.sum(tf.mul(tf.expandDims(left, -1), tf.expandDims(right, -3)), -2);
          const y = tf.matMul(a, b, transposeA, transposeB);
          expect(y.shape).toEqual(expected.shape);
          expect(relativeError(y, expected)).toBeLessThan(1e-6);
        });
      },
    );
    fc.assert(property, { numRuns: 60 });
    expect(() =>
      tf.matMul(random([2, 3], 1) as tf.Tensor2D, random([2, 3], 2) as tf.Tensor2D),
    ).toThrow("matMul: expected matrices of one inner size, got [2, 3] and [2, 3].");
  });
});

describe.each(["wasm", "cpu"] as const)("on %s", (engine) => {
  beforeAll(async () => {
    await startEngine(engine);
    registerKernels(engine);
  });

  it("max pooling gives each window's gradient to its first maximum, of images and volumes", () => {
    const axis = fc
      .record({
        size: fc.integer({ min: 3, max: 7 }),
        kernel: fc.integer({ min: 1, max: 3 }),
        stride: fc.integer({ min: 1, max: 3 }),
        padding: fc.constantFrom(0, 1),
      })
      .map((a) => ({ ...a, padding: Math.min(a.padding, a.kernel - 1), dilation: 1 }));
    const axes = fc.oneof(
      fc.array(axis, { minLength: 2, maxLength: 2 }),
      fc.array(axis, { minLength: 3, maxLength: 3 }),
    );
    const property = fc.property(axes, small, (axes, channels) => {
      const c: Case = { images: 2, channels, outChannels: channels, axes };
      tf.tidy(() => {
        // Rounded, so that there are equal maxima, and all below 0.
        const x = tf.sub(
          tf.round(tf.mul(random([2, ...axes.map(({ size }) => size), channels], 1), 3)),
          9,
        );
        const dy = random([2, ...outputOf(c), channels], 2);
        const attributes = {
          size: axes.map(({ kernel }) => kernel),
          stride: axes.map(({ stride }) => stride),
          padding: axes.map(({ padding }) => padding),
        };
        const [y] = run(`DiraMaxPool${axes.length}d`, { x }, attributes);
        const [dx] = run(
          `DiraMaxPool${axes.length}dGrad`,
          { x, y: y as tf.Tensor, dy },
          attributes,
        );
        const [values, given] = [x.dataSync(), dy.dataSync()];
        const best = new Map<number, number>();
        eachProduct(c, (from, _, to) => {
          for (let i = 0; i < channels; i += 1) {
            const known = best.get(to * channels + i);
            const here = from * channels + i;
            if (known === undefined || (values[here] as number) > (values[known] as number))
              best.set(to * channels + i, here);
          }
        });
        const [wanted, wantedDx] = [
          new Float64Array(product(dy.shape)),
          new Float64Array(product(x.shape)),
        ];
        best.forEach((place, window) => {
          wanted[window] = values[place] as number;
          wantedDx[place] = (wantedDx[place] as number) + (given[window] as number);
        });
        expect(relativeError(y as tf.Tensor, wanted)).toBe(0);
        expect(relativeError(dx as tf.Tensor, wantedDx)).toBeLessThan(1e-6);
      });
    });
    fc.assert(property, { numRuns: 30 });
  });

  it("a NaN in a window is its maximum", () => {
    const x = tf.tensor4d([1, NaN, 3, 2], [1, 2, 2, 1]);
    const [y] = run("DiraMaxPool2d", { x }, { size: [2, 2], stride: [2, 2], padding: [0, 0] });
    expect(y?.dataSync()[0]).toBeNaN();
  });

  it("maxPool3d passes over a NaN, as on TensorFlow.js's other engines, and leaves nothing behind", () => {
    const x = tf.tensor5d([-1, NaN, -3, -2], [1, 1, 2, 2, 1]);
    const before = tf.engine().backend.numDataIds();
    const y = tf.maxPool3d(x, [1, 2, 2], 1, "valid");
    expect([...y.dataSync()]).toEqual([-1]);
    expect(tf.engine().backend.numDataIds()).toBe(before + 1);
  });

  it("resizing images has the adjoint of its forward pass for a gradient, with every option", () => {
    const sizes = fc.tuple(small, small, small, small);
    const options = fc.constantFrom([false, false], [true, false], [false, true]);
    const property = fc.property(
      sizes,
      options,
      fc.boolean(),
      ([h, w, newH, newW], [corners, half], linear) => {
        tf.tidy(() => {
          const resize = linear ? tf.image.resizeBilinear : tf.image.resizeNearestNeighbor;
          const f = (t: tf.Tensor): tf.Tensor =>
            resize(t as tf.Tensor4D, [newH, newW], corners, half);
          const [x, dy] = [random([2, h, w, 3], 1), random([2, newH, newW, 3], 2)];
          const dx = tf.grad((t: tf.Tensor) => tf.sum(tf.mul(f(t), dy)))(x);
          const [ahead, back] = [tf.sum(tf.mul(f(x), dy)), tf.sum(tf.mul(dx, x))].map(
            (t) => t.dataSync()[0] as number,
          ) as [number, number];
          const scale = norm(f(x).dataSync()) * norm(dy.dataSync());
          expect(Math.abs(ahead - back) / scale).toBeLessThan(1e-6);
        });
      },
    );
    fc.assert(property, { numRuns: 60 });
  });

  it("depthwise convolutions train", () => {
    const property = fc.property(
      small,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 2 }),
      (channels, many, stride) => {
        tf.tidy(() => {
          const [x, w] = [random([2, 6, 5, channels], 1), random([3, 2, channels, many], 2)];
          const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
            tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, "same");
          const y = f(x, w);
          const dy = random(y.shape, 3);
          const [dx, dw] = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(f(a, b), dy)))([
            x,
            w,
          ]) as [tf.Tensor, tf.Tensor];
          // Linear in either: both are adjoints.
          const dots = [
            [y, dy],
            [dx, x],
            [dw, w],
          ].map(
            ([a, b]) => tf.sum(tf.mul(a as tf.Tensor, b as tf.Tensor)).dataSync()[0] as number,
          ) as [number, number, number];
          const scale = norm(y.dataSync()) * norm(dy.dataSync());
          expect(Math.abs(dots[0] - dots[1]) / scale).toBeLessThan(1e-6);
          expect(Math.abs(dots[0] - dots[2]) / scale).toBeLessThan(1e-6);
        });
      },
    );
    fc.assert(property, { numRuns: 20 });
  });

  it("gathered rows train, and ids outside are dropped", () => {
    const table = random([4, 3], 1);
    const ids = tf.tensor1d([2, 0, 2], "int32");
    const dy = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3]);
    const [dtable] = tf.grads((t: tf.Tensor) => tf.sum(tf.mul(tf.gather(t, ids), dy)))([table]);
    expect(Array.from(dtable?.dataSync() ?? [])).toEqual([4, 5, 6, 0, 0, 0, 8, 10, 12, 0, 0, 0]);
    const [sums] = run(
      "UnsortedSegmentSum",
      { x: dy, segmentIds: tf.tensor1d([-1, 1, 7], "int32") },
      { numSegments: 2 },
    );
    expect(Array.from(sums?.dataSync() ?? [])).toEqual([0, 0, 0, 4, 5, 6]);
  });

  it("conv2d trains as its definition says", () => {
    const c: Case = {
      images: 2,
      channels: 3,
      outChannels: 4,
      axes: [5, 6].map((size) => ({ size, kernel: 3, stride: 2, padding: 0, dilation: 1 })),
    };
    const [x, w] = [random([2, 5, 6, 3], 1), random([3, 3, 3, 4], 2)];
    const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, "valid");
    expect(relativeError(f(x, w), convolved(c, x.dataSync(), w.dataSync()))).toBeLessThan(1e-6);
  });
});

describe("registerKernels", () => {
  it("may be called twice, and for all engines", () => {
    registerKernels();
    const kernel = tf.getKernel("Conv2D", "wasm");
    registerKernels("wasm");
    expect(tf.getKernel("Conv2D", "wasm")).toBe(kernel);
  });
});
