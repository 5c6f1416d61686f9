import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { addon, type Slot } from "../src/addon.ts";
import { aten } from "../src/aten.ts";
import {
  loadLibTorch,
  resetPeakMemory,
  setComputeType,
  setDevice,
  torchMemory,
} from "../src/index.ts";
import { whyNoAddon } from "./why-no-addon.ts";

const why = whyNoAddon();
if (why !== undefined) console.log(`Tests of the torch engine are skipped: ${why}`);

describe.skipIf(why !== undefined)("the torch engine", () => {
  beforeAll(async () => {
    await tf.setBackend("torch");
  });
  afterEach(() => {
    setComputeType("float32");
  });

  const values = (x: tf.Tensor): number[] => [...x.dataSync()];
  const noise = (shape: number[], seed: number): tf.Tensor =>
    tf.randomUniform(shape, -1, 1, "float32", seed);

  /** A variable with data of its own. */
  const variableOf = (make: () => tf.Tensor): tf.Variable => tf.tidy(() => tf.variable(make()));

  it("keeps what tensors say when they lie otherwise in memory", () => {
    const x = tf.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
    const turned = tf.transpose(x);
    expect(values(turned)).toEqual([1, 4, 2, 5, 3, 6]);
    expect(values(tf.reshape(turned, [2, 3]))).toEqual([1, 4, 2, 5, 3, 6]);
    expect(values(tf.reshape(tf.transpose(turned), [6]))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("a slice does not keep what it is a slice of", () => {
    const before = torchMemory().bytes;
    const large = tf.zeros([1000, 1000]);
    const part = tf.mul(tf.slice(large, [3, 0], [1, 1000]), 1);
    large.dispose();
    expect(torchMemory().bytes - before).toBeLessThan(10_000);
    part.dispose();
  });

  it("does not change a view of what is updated in place", () => {
    const parameter = variableOf(() => tf.tensor([1, 2, 3, 4], [2, 2]));
    const [m, v] = [variableOf(() => tf.zeros([2, 2])), variableOf(() => tf.zeros([2, 2]))];
    const view = tf.transpose(parameter);
    const gradient = tf.ones([2, 2]);
    const inputs = [parameter, m, v, gradient] as object as tf.NamedTensorMap;
    const numbers = { beta1: 0.5, beta2: 0.5, rate: 1, epsilon: 0, weightDecay: 0, kept: 1 };
    tf.engine().runKernel("DiraAdam", inputs, numbers);
    expect(values(view)).toEqual([1, 3, 2, 4]);
    // m = ½, √v = √½
    values(parameter).forEach((x, i) => expect(x).toBeCloseTo(i + 1 - Math.SQRT1_2, 5));
    expect(values(m)).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it("Adam takes weight decay of both kinds at once", () => {
    const [theta, m, v] = [1, 0, 0].map((value) => variableOf(() => tf.fill([3], value)));
    const inputs = [theta, m, v, tf.ones([3])] as object as tf.NamedTensorMap;
    const numbers = { beta1: 0.5, beta2: 0.5, rate: 1, epsilon: 0, weightDecay: 0.1, kept: 0.9 };
    tf.engine().runKernel("DiraAdam", inputs, numbers);
    // g = 1.1, m = 1.1 / 2, v = 1.1² / 2
    values(theta as tf.Tensor).forEach((x) => expect(x).toBeCloseTo(0.9 - Math.SQRT1_2, 5));
  });

  const average = (a: tf.Tensor, x: tf.Tensor): void => {
    const inputs = [a, x] as object as tf.NamedTensorMap;
    tf.engine().runKernel("DiraAverage", inputs, { momentum: 0.5 });
  };

  it("changes in place what was made under another shape", () => {
    const made = variableOf(() => tf.reshape(tf.mul(tf.ones([6]), 2), [2, 3]));
    average(made, tf.zeros([2, 3]));
    expect(values(made)).toEqual([1, 1, 1, 1, 1, 1]);
    tf.tidy(() => {
      const turned = tf.transpose(tf.reshape(tf.range(0, 6), [2, 3]));
      made.assign(tf.reshape(turned, [2, 3]));
    });
    average(made, tf.zeros([2, 3]));
    expect(values(made)).toEqual([0, 1.5, 0.5, 2, 1, 2.5]);
  });

  it("refuses to change in place what other tensors share", () => {
    const variable = variableOf(() => tf.ones([2]));
    const copy = tf.clone(variable);
    expect(() => average(variable, tf.zeros([2]))).toThrow(/2 tensors share the data/);
    expect(values(copy)).toEqual([1, 1]);
  });

  it("reads large tensors beside JavaScript, as they were when they were asked for", async () => {
    const size = 2 ** 20;
    const variable = variableOf(() => tf.mul(tf.ones([size]), 1));
    const zeros = tf.mul(variable, 0);
    const turned = tf.transpose(tf.reshape(tf.range(0, size), [1024, 1024]));
    const slots = torchMemory().slots;
    const reading = [variable.data(), turned.data()];
    average(variable, zeros);
    turned.dispose();
    const [ones, columns] = await Promise.all(reading);
    expect((ones as Float32Array).every((x) => x === 1)).toBe(true);
    expect(ones).toHaveLength(size);
    expect(values(variable).slice(0, 2)).toEqual([0.5, 0.5]);
    expect([0, 1, 1024].map((i) => columns?.[i])).toEqual([0, 1024, 1]);
    // The copies that were read are JavaScript's.
    expect(torchMemory().slots).toBe(slots - 1);
  });

  it("reads into memory of JavaScript's own, which it frees and may give away", async () => {
    const before = process.memoryUsage().rss;
    const some = tf.mul(tf.ones([2 ** 18]), 1);
    // In one go, with no turn of the event loop: 2 GiB.
    for (let i = 0; i < 2000; i += 1) expect(some.dataSync()[i]).toBe(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 30);
    const large = tf.mul(tf.ones([2 ** 20]), 1);
    for (const { buffer } of [some.dataSync(), await large.data()])
      expect(structuredClone(buffer, { transfer: [buffer] }).byteLength).toBeGreaterThan(0);

    const x = tf.mul(tf.ones([2 ** 22]), 1);
    for (let i = 0; i < 200; i += 1) expect((await x.data())[i]).toBe(1);
    // 200 copies of 16 MiB are 3.1 GiB.
    expect(process.memoryUsage().rss).toBeLessThan(2 * 2 ** 30);
    const changed = await x.data();
    changed.fill(2);
    expect((await x.data())[5]).toBe(1);
  });

  it("data that went to another engine come back", async () => {
    const x = tf.mul(tf.range(0, 4), 2);
    const held = tf.engine().backend.numDataIds();
    await tf.setBackend("cpu");
    expect(values(tf.square(x))).toEqual([0, 4, 16, 36]);
    await tf.setBackend("torch");
    expect(tf.engine().backend.numDataIds()).toBe(held - 1);
    const y = tf.add(x, 1);
    expect(values(y)).toEqual([1, 3, 5, 7]);
    tf.dispose([x, y]);
    expect(tf.engine().backend.numDataIds()).toBe(held - 1);
  });

  it("takes one tensor's data under two shapes at once", () => {
    const a = tf.transpose(tf.tensor([1, 2, 3, 4, 5, 6], [2, 3]));
    const difference = tf.sub(tf.expandDims(a, 2), tf.reshape(a, [3, 1, 2]));
    expect(difference.shape).toEqual([3, 2, 2]);
    expect(values(difference)).toEqual([0, -3, 3, 0, 0, -3, 3, 0, 0, -3, 3, 0]);
    const product = tf.matMul(a, tf.reshape(a, [2, 3]));
    // [[1, 4], [2, 5], [3, 6]] · [[1, 4, 2], [5, 3, 6]]
    expect(values(product)).toEqual([21, 16, 26, 27, 23, 34, 33, 30, 42]);
  });

  it("divides the least int32 by -1 without ending the process", () => {
    const [least, minusOne] = [tf.tensor1d([-(2 ** 31)], "int32"), tf.scalar(-1, "int32")];
    expect(values(tf.floorDiv(least, minusOne))).toEqual([-(2 ** 31)]);
    expect(values(tf.mod(least, minusOne)).map(Math.abs)).toEqual([0]);
    expect(values(tf.floorDiv(tf.tensor1d([-7, 7], "int32"), tf.scalar(2, "int32")))).toEqual([
      -4, 3,
    ]);
    expect(values(tf.mod(tf.tensor1d([-7, 7], "int32"), tf.scalar(2, "int32")))).toEqual([1, 1]);
  });

  it("takes a batch of nothing", () => {
    const [x, filter] = [tf.zeros([0, 4, 4, 3]), tf.ones([1, 1, 3, 2])];
    const y = tf.engine().runKernel("DiraPointwise", { x, filter }) as tf.Tensor;
    expect(y.shape).toEqual([0, 4, 4, 2]);
    const attributes = { shape: [1, 1, 3, 2] };
    const gradient = tf.engine().runKernel("DiraPointwiseFilterGrad", { x, dy: y }, attributes);
    expect(values(gradient as tf.Tensor)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("frees everything when TensorFlow.js forgets it", async () => {
    const { slots } = torchMemory();
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 10; i += 1) tf.add(tf.ones([4]), i);
      tf.engine().reset();
      await tf.setBackend("torch");
    }
    expect(torchMemory().slots).toBeLessThanOrEqual(slots);
  });

  it("keeps a tensor's data when they can't go where they should", () => {
    const x = tf.tensor([1, 2]);
    expect(() => setDevice("toaster")).toThrow(
      /^The torch engine can't make tensors on "toaster" \(.*\)\. Give "cpu", or "cuda"/,
    );
    // It makes tensors, but keeps nothing.
    expect(() => setDevice("meta")).toThrow(/can't make tensors on "meta"/);
    if (loadLibTorch().device === "cpu") {
      expect(() => setDevice("cuda")).toThrow(/cuda/i);
      setDevice("cpu:0");
      expect(loadLibTorch().device).toBe("cpu");
    }
    expect(values(tf.square(x))).toEqual([1, 4]);
  });

  it("frees what kernels make on the way, also when they fail", () => {
    // Data reach LibTorch when an operator first needs them.
    const x = tf.mul(noise([4, 4], 1), 1);
    const before = torchMemory();
    for (let i = 0; i < 100; i += 1)
      tf.tidy(() => tf.softmax(tf.matMul(x, x, true, true)).dispose());
    const b = tf.ones([3, 3]);
    const attributes = { transposeA: false, transposeB: false };
    const bad = (): unknown => tf.engine().runKernel("BatchMatMul", { a: x, b }, attributes);
    expect(bad).toThrow(/aten::matmul: .*4.*3/);
    b.dispose();
    expect(torchMemory().slots).toBe(before.slots);
    expect(torchMemory().bytes).toBe(before.bytes);
  });

  it("counts each storage once, and the peak", () => {
    resetPeakMemory();
    const before = torchMemory().bytes;
    const x = tf.mul(tf.ones([256]), 2);
    const views = [tf.transpose(tf.reshape(x, [16, 16])), tf.reshape(x, [4, 64])];
    expect(torchMemory().bytes - before).toBeLessThanOrEqual(2 * 1024);
    tf.dispose([x, ...views]);
    expect(torchMemory().peakBytes).toBeGreaterThanOrEqual(before + 1024);
  });

  it("says what is wrong, in one line, and lives on", () => {
    const native = addon();
    expect(() => aten("no_such_operator")(0 as Slot)).toThrow(/no operator aten::no_such_operator/);
    const add = native.open("add.Tensor");
    const x = native.write(new Float32Array(3), 6, [3]);
    expect(() => native.call(add, x, 999_999 as Slot)).toThrow(
      /^aten::add.Tensor: argument `other`: tensor 999999 does not exist/,
    );
    expect(() => native.call(add, x)).toThrow(/argument `other` is missing/);
    expect(() => native.call(add, x, "3")).toThrow(/argument `other`: expected a number/);
    expect(() => native.write(new Float32Array(3), 6, [4])).toThrow(/12 bytes for a tensor of 16/);
    expect(() => native.setDevice("toaster")).toThrow(/toaster/);
    expect(() => native.call(native.open("to.dtype"), x, 9999)).toThrow(
      /^aten::to.dtype: argument `dtype`: expected a whole number from 0 to \d+, got 9999/,
    );
    native.release(x);
    expect(() => native.release(x)).toThrow(/does not exist/);
    expect(values(tf.add(1, 2))).toEqual([3]);
  });

  it("more memory than there is: an error, and it lives on", () => {
    const one = tf.ones([1, 1]);
    expect(() => tf.tile(one, [2 ** 24, 2 ** 24])).toThrow(/memory|allocate/i);
    expect(() => tf.tile(one, [2 ** 22, 2 ** 22])).toThrow(
      /^aten::repeat: can't allocate memory: [^\n]* bytes: dispose of tensors \(tf.tidy\)/,
    );
    const native = addon();
    const scalar = native.write(new Float32Array(1), 6, [1]);
    const endless = native.call(native.open("expand"), scalar, [2 ** 36]) as Slot;
    expect(() => native.read(endless)).toThrow(/read: 274877906944 bytes are more/);
    native.release(endless);
    native.release(scalar);
    expect(values(tf.add(1, 2))).toEqual([3]);
  });

  it("convolves an image of one channel whose last axis has a single window", () => {
    const x = tf.reshape(tf.range(0, 72), [2, 3, 4, 3, 1]);
    const filter = tf.tensor([1, 10, 100, 1000], [1, 2, 2, 1, 1]);
    // At p, p + 1 and, a row further, p + 3 and p + 4.
    const at = [0, 12, 24, 36, 48, 60].flatMap((plane) => [0, 3, 6].map((row) => plane + row));
    const sums = at.map((p) => p + 10 * (p + 1) + 100 * (p + 3) + 1000 * (p + 4));
    const y = tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, [1, 1, 2], "valid");
    expect(values(y)).toEqual(sums);
    const geometry = { stride: [1, 1, 2], padding: [0, 0, 0] } as object as tf.NamedAttrMap;
    const z: tf.Tensor = tf.engine().runKernel("DiraConv3d", { x, filter }, geometry);
    expect(values(z)).toEqual(sums);
  });

  it("computes in bfloat16 where torch.autocast does, and gives float32", () => {
    const [x, filter] = [noise([2, 8, 8, 16], 2), noise([3, 3, 16, 16], 3)];
    const geometry = { stride: [1, 1], padding: [1, 1] } as object as tf.NamedAttrMap;
    const run = (): tf.Tensor => tf.engine().runKernel("DiraConv2d", { x, filter }, geometry);
    const [exact, bytes] = [run(), torchMemory().bytes];
    setComputeType("bfloat16");
    const rounded = run();
    expect(torchMemory().bytes - bytes).toBe(2 * 8 * 8 * 16 * 2);
    expect(rounded.dtype).toBe("float32");
    const off = values(tf.abs(tf.sub(rounded, exact)));
    // 8 bits of mantissa: each product is off by up to 2⁻⁸ of itself.
    expect(Math.max(...off)).toBeGreaterThan(1e-4);
    expect(Math.max(...off)).toBeLessThan(0.1);
    // A dense layer after it.
    const dense = tf.fused.matMul({ a: tf.reshape(rounded, [2, -1]), b: noise([1024, 3], 4) });
    expect(dense.dtype).toBe("float32");
    // Back in float32, what is left in bfloat16 goes on as float32.
    setComputeType("float32");
    expect(values(tf.mul(tf.onesLike(rounded), 1.001))[0]).toBeCloseTo(1.001, 6);
    const again = tf.conv2d(rounded as tf.Tensor4D, filter as tf.Tensor4D, 1, "same");
    expect(again.shape).toEqual([2, 8, 8, 16]);
    expect(() => setComputeType("float16" as "float32")).toThrow(/got float16/);
    // Sums are taken in float32.
    const [sum, wanted] = [values(tf.sum(rounded)), values(rounded).reduce((a, b) => a + b)];
    expect(sum[0]).toBeCloseTo(wanted, 2);
  });
});
