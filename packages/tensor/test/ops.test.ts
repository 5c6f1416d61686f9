import { pseudoRandom, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import * as ops from "../src/index.ts";

const { batchNorm, checkShapes, conv, detach, softmaxCrossEntropy, splitBatchNorm } = ops;

beforeAll(() => tf.setBackend("cpu"));

const random = (shape: number[], seed: number): tf.Tensor =>
  tf.tensor(pseudoRandom(shape, seed), shape);
const [one, zero] = [() => tf.ones([2]) as tf.Tensor1D, () => tf.zeros([2]) as tf.Tensor1D];

describe("laws", () => {
  const filter = random([3, 2, 2, 4], 2);
  const flat = { stride: [2, 1], padding: [1, 0] };
  const deep = { stride: [1, 2, 1], padding: [0, 1, 0] };
  const windows = { size: [3, 2], stride: [2, 1], padding: 1 };
  const deepWindows = { size: [1, 3, 2], stride: [1, 2, 1], padding: [0, 1, 1] };
  type Op = (x: tf.Tensor) => tf.Tensor;
  it.each<[string, Op, Op]>([
    ["conv", (x) => conv(x, filter, flat), (x) => conv(x, tf.expandDims(filter, 0), deep)],
    [
      "convTranspose",
      (x) => ops.convTranspose(x, tf.transpose(filter, [0, 1, 3, 2]), flat),
      (x) => ops.convTranspose(x, tf.expandDims(tf.transpose(filter, [0, 1, 3, 2]), 0), deep),
    ],
    ["maxPool", (x) => ops.maxPool(x, windows), (x) => ops.maxPool(x, deepWindows)],
    ["averagePool", (x) => ops.averagePool(x, windows), (x) => ops.averagePool(x, deepWindows)],
    ["globalMaxPool", ops.globalMaxPool, ops.globalMaxPool],
    ["globalAveragePool", ops.globalAveragePool, ops.globalAveragePool],
    ["upsampleNearest", (x) => ops.upsampleNearest(x, 2), (x) => ops.upsampleNearest(x, [1, 2, 2])],
    ["resizeNearest", (x) => ops.resizeNearest(x, [3, 9]), (x) => ops.resizeNearest(x, [1, 3, 9])],
    ["resizeLinear", (x) => ops.resizeLinear(x, [3, 9]), (x) => ops.resizeLinear(x, [1, 3, 9])],
    ["pad", (x) => ops.pad(x, 2, "reflect"), (x) => ops.pad(x, [0, 2, 2], "reflect")],
    ["instanceNorm", ops.instanceNorm, ops.instanceNorm],
    ["groupNorm", (x) => ops.groupNorm(x, 1), (x) => ops.groupNorm(x, 1)],
    ["batchNorm", (x) => batchNorm(x, one(), zero()), (x) => batchNorm(x, one(), zero())],
  ])("a volume of depth 1 gives what the image gives: %s", (_, image, volume) => {
    const x = random([2, 6, 5, 2], 1);
    const y = image(x);
    const z = volume(tf.expandDims(x, 1));
    expect(relativeError(z, y)).toBeLessThan(1e-6);
    expect(z.size).toBe(y.size);
  });

  it("batchNorm ignores the scale and shift of its input", () => {
    const scale = fc.double({ min: 0.5, max: 4, noNaN: true });
    const shift = fc.double({ min: -3, max: 3, noNaN: true });
    fc.assert(
      fc.property(scale, shift, (a, b) => {
        const x = random([4, 3, 3, 2], 3);
        const moved = batchNorm(tf.add(tf.mul(x, a), b), one(), zero());
        expect(relativeError(moved, batchNorm(x, one(), zero()))).toBeLessThan(1e-3);
      }),
      { numRuns: 20 },
    );
  });

  it("splitBatchNorm is batchNorm of each part; statistics are the parts' means", () => {
    const x = random([6, 3, 2, 2], 4);
    const [parts, all]: [number[][], number[][]] = [[], []];
    const keep =
      (list: number[][]) =>
      ({ mean, variance }: ops.BatchStatistics): void => {
        list.push([...mean.dataSync(), ...variance.dataSync()]);
      };
    const y = splitBatchNorm(x, one(), zero(), 3, 1e-5, keep(all));
    const apart = tf.split(x, 3).map((p) => batchNorm(p, one(), zero(), 1e-5, keep(parts)));
    expect(relativeError(y, tf.concat(apart))).toBe(0);
    const means = [0, 1, 2, 3].map((i) => parts.reduce((sum, p) => sum + (p[i] ?? NaN), 0) / 3);
    expect(all.length).toBe(1);
    expect(relativeError(all[0] ?? [], means)).toBeLessThan(1e-6);
  });

  it("groupNorm with one channel a group is instanceNorm", () => {
    const x = random([2, 4, 3, 6], 5);
    expect(relativeError(ops.groupNorm(x, 6), ops.instanceNorm(x))).toBeLessThan(1e-6);
  });

  it("l2Normalize gives rows of length one, and no NaN at zero", () => {
    const y = ops.l2Normalize(tf.concat([random([3, 8], 1), tf.zeros([1, 8])]));
    const lengths = tf.norm(y, 2, -1).dataSync();
    expect([...lengths].map((l) => Math.round(l * 1e5) / 1e5)).toEqual([1, 1, 1, 0]);
    const gradient = tf.grad((x) => tf.sum(ops.l2Normalize(x)))(tf.zeros([1, 8]));
    expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
  });

  it("equal maxima share the gradient of globalMaxPool; the first takes maxPool's", () => {
    const x = tf.tensor([3, 1, 3, 3, 0, 2], [1, 2, 3, 1]);
    const shared = tf
      .grad((x) => tf.sum(ops.globalMaxPool(x)))(x)
      .dataSync();
    expect([...shared].map((v) => Math.round(v * 1e6) / 1e6)).toEqual(
      [1, 0, 1, 1, 0, 0].map((v) => Math.round((v / 3) * 1e6) / 1e6),
    );
    const first = tf
      .grad((x) => tf.sum(ops.maxPool(x, { size: [2, 3] })))(x)
      .dataSync();
    expect([...first]).toEqual([1, 0, 0, 0, 0, 0]);
  });

  it("no gradient flows through detach", () => {
    const g = tf.grad((x) => tf.sum(tf.add(tf.mul(x, 2), tf.mul(detach(x), 5))))(tf.ones([3]));
    expect([...g.dataSync()]).toEqual([2, 2, 2]);
  });
});

describe("parity with closed forms", () => {
  it("batchNorm hands out the mean and the unbiased variance", () => {
    const x = tf.tensor([1, 2, 3, 6], [4, 1]);
    let seen: number[] = [];
    batchNorm(x, tf.ones([1]), tf.zeros([1]), 1e-5, ({ mean, variance }) => {
      seen = [...mean.dataSync(), ...variance.dataSync()];
    });
    expect(seen[0]).toBeCloseTo(3, 6);
    expect(seen[1]).toBeCloseTo(14 / 3, 5);
  });

  it("cross-entropy is log K for equal logits, 0 for sure ones, finite for huge ones", () => {
    const classes = tf.tensor1d([0, 2], "int32");
    const lossOf = (logits: tf.Tensor): number =>
      softmaxCrossEntropy(logits, classes).dataSync()[0] ?? NaN;
    expect(lossOf(tf.zeros([2, 3]))).toBeCloseTo(Math.log(3), 6);
    const sure = tf.tensor2d([
      [1e4, 0, 0],
      [0, 0, 1e4],
    ]);
    expect(lossOf(sure)).toBeCloseTo(0, 6);
    expect(lossOf(tf.neg(sure))).toBeCloseTo(1e4 + Math.log(2), 2);
  });

  it("means over positions and elements", () => {
    expect(ops.globalAveragePool(tf.tensor([1, 2, 3, 6], [1, 2, 2, 1])).dataSync()[0]).toBe(3);
    expect(ops.meanSquaredError(tf.tensor([1, 2]), tf.tensor([3, 2])).dataSync()[0]).toBe(2);
  });
});

describe("examples", () => {
  const image = (...shape: number[]): tf.Tensor => tf.zeros([1, ...shape]);
  it.each<[() => unknown, RegExp]>([
    [() => conv(tf.zeros([4, 4, 3]), tf.zeros([3, 3, 3, 1])), /conv: expected \[N, H, W, C\]/],
    [() => conv(image(4, 4, 3), tf.zeros([3, 3, 2, 1])), /`filter` must be \[kH, kW, 3, C'\]/],
    [() => conv(image(2, 2, 3), tf.zeros([3, 3, 3, 1])), /smaller \(2 after padding\)/],
    [
      () => conv(image(4, 4, 3), tf.zeros([3, 3, 3, 1]), { dilation: 2 }),
      /smaller \(4 after padding\) than the kernel \(5\)/,
    ],
    [() => conv(image(4, 4, 3), tf.zeros([3, 3, 3, 4]), { groups: 2 }), /must divide the channels/],
    [
      () => ops.convTranspose(image(4, 4, 3), tf.zeros([2, 2, 3, 4])),
      /`filter` must be \[kH, kW, C', 3\]/,
    ],
    [
      () => ops.convTranspose(image(4, 4, 3), tf.zeros([2, 2, 4, 3]), { outputPadding: 1 }),
      /outputPadding must be below the stride/,
    ],
    [() => ops.maxPool(image(4, 4, 1), { size: 2, padding: 2 }), /at most half the window/],
    [() => ops.averagePool(image(2, 4, 1), { size: 3 }), /smaller \(2 after padding\)/],
    [() => ops.pad(image(2, 4, 1), 2, "reflect"), /padding below the size, got 2 for a size of 2/],
    [() => ops.resizeLinear(image(4, 4, 1), 2.5), /whole numbers above 0, got \[2.5, 2.5\]/],
    [() => ops.groupNorm(image(4, 4, 6), 4), /must divide the 6 channels, got 4/],
    [() => ops.layerNorm(image(4, 6), { scale: tf.ones([5]) }), /`scale` must be \[6\]/],
    [() => splitBatchNorm(tf.zeros([3, 2]), one(), zero(), 2), /must divide the batch, got 2/],
    [() => batchNorm(tf.zeros([1, 3]), tf.ones([3]), tf.zeros([3])), /more than one value/],
    [() => softmaxCrossEntropy(tf.zeros([2, 3]), tf.zeros([2])), /must be int32, got float32/],
    [
      () => softmaxCrossEntropy(tf.zeros([2, 3]), tf.zeros([2, 4])),
      /with K = 3 \(from `logits`\), got \[2, 4\]/,
    ],
    [() => ops.meanSquaredError(tf.zeros([2]), tf.zeros([2, 1])), /one shape/],
    [
      () =>
        checkShapes("infoNce", {
          queries: [tf.zeros([4, 8]), "N C"],
          keys: [tf.zeros([4, 6]), "N C"],
        }),
      /`keys` must be \[N, C\] with C = 8 \(from `queries`\), got \[4, 6\]/,
    ],
  ])("errors say what was expected and what came (%#)", (f, message) => {
    expect(f).toThrow(message);
  });
});
