import * as tf from "@tensorflow/tfjs";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import { engineArray, loadLibTorch, torchMemory } from "../src/index.ts";
import { whyNoAddon } from "./why-no-addon.ts";

const why = whyNoAddon();
if (why !== undefined) console.log(`Tests of the torch engine's arrays are skipped: ${why}`);

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

describe.skipIf(why !== undefined)("engineArray", () => {
  beforeAll(async () => {
    await tf.setBackend("torch");
  });

  it("is a typed array of zeros, of each of TensorFlow.js's types", () => {
    expect(engineArray(3)).toEqual(new Float32Array(3));
    expect(engineArray(2, "int32")).toEqual(new Int32Array(2));
    expect(engineArray(1, "bool")).toEqual(new Uint8Array(1));
    expect(engineArray(0)).toEqual(new Float32Array(0));
    expect(tf.tensor(engineArray(0)).shape).toEqual([0]);
  });

  it("is refused for what is no length, no type, or too much", () => {
    for (const length of [-1, 1.5, Number.NaN, "3" as unknown as number])
      expect(() => engineArray(length)).toThrow(/^engineArray\(.*a whole number of values/);
    for (const type of ["string", "toString"])
      expect(() => engineArray(1, type as "bool")).toThrow(/one of float32, int32, bool/);
    expect(() => engineArray(2 ** 30)).toThrow(/^engineArray\(1073741824.*less than 4 GiB/);
  });

  it("on a CPU, shares its memory with a tensor of the whole of it, in any shape and type", (context) => {
    if (loadLibTorch().device !== "cpu") context.skip("tensors are on a GPU");
    const array = engineArray(1 << 20);
    array.set([1, 2, 3, 4, 5, 6]);
    const before = torchMemory().bytes;
    const x = tf.tensor(array, [1024, 1024]);
    const sum = tf.sum(x);
    expect(sum.dataSync()[0]).toBe(21);
    expect(torchMemory().bytes - before).toBeLessThan(1024);
    array[0] = 10;
    expect(tf.sum(x).dataSync()[0]).toBe(30);
    const whole = engineArray(4, "int32");
    whole.set([1, 2, 3, 2 ** 31 - 1]);
    const negative = tf.neg(tf.tensor(whole, [2, 2], "int32"));
    expect([...negative.dataSync()]).toEqual([-1, -2, -3, 1 - 2 ** 31]);
    const flags = engineArray(2, "bool");
    flags[1] = 1;
    expect([...tf.logicalNot(tf.tensor(flags, [2], "bool")).dataSync()]).toEqual([1, 0]);
  });

  it("is not the memory of what comes of a tensor of it, however little that changes", () => {
    const array = engineArray(4);
    const unchanged: ((x: tf.Tensor2D) => tf.Tensor)[] = [
      (x) => tf.transpose(x),
      (x) => tf.cast(x, "float32"),
      (x) => tf.slice(x, [0, 0], [2, 2]),
      (x) => tf.sum(x, []),
      (x) => tf.split(x, 1)[0] as tf.Tensor,
    ];
    for (const run of unchanged) {
      array.fill(1);
      const y = tf.tidy(() => run(tf.tensor(array, [2, 2])));
      array.fill(2);
      expect([...y.dataSync()], String(run)).toEqual([1, 1, 1, 1]);
    }
  });

  it("may be filled again while a tensor of it that was disposed of is being read", async () => {
    const array = engineArray(1 << 22).fill(1);
    const x = tf.tensor(array);
    tf.add(x, 0).dispose();
    const reading = x.data();
    x.dispose();
    array.fill(2);
    expect((await reading).every((value) => value === 1)).toBe(true);
  });

  it("is copied where a tensor is of a part of it, or of another type", () => {
    const array = engineArray(4);
    array.set([1, 2, 3, 4]);
    const part = tf.tensor(array.subarray(1, 3));
    expect([...tf.mul(part, 1).dataSync()]).toEqual([2, 3]);
    const whole = tf.tensor(array, [4], "int32");
    expect([...tf.mul(whole, 1).dataSync()]).toEqual([1, 2, 3, 4]);
  });

  it("keeps what it holds when an operator writes to the tensor in place", () => {
    const array = engineArray(3).fill(2);
    const average = tf.tensor(array);
    const attributes = { momentum: 0.5 };
    const inputs = [average, tf.zeros([3])] as object as tf.NamedTensorMap;
    tf.engine().runKernel("DiraAverage", inputs, attributes);
    expect([...average.dataSync()]).toEqual([1, 1, 1]);
    expect([...array]).toEqual([2, 2, 2]);
  });

  it("goes when neither it nor a tensor of it is left", async () => {
    const before = torchMemory();
    const tensors = Array.from({ length: 20 }, (_, i) => tf.tensor(engineArray(1 << 20).fill(i)));
    const largest = tf.tidy(() => tf.max(tf.stack(tensors)));
    for (let i = 0; i < 5; i += 1) {
      collectGarbage();
      await sleep(5);
    }
    expect(tensors.map((tensor) => tf.tidy(() => tf.max(tensor).dataSync()[0]))).toEqual([
      ...Array(20).keys(),
    ]);
    expect(largest.dataSync()[0]).toBe(19);
    tf.dispose(tensors);
    for (let i = 0; i < 50 && torchMemory().bytes > before.bytes + 2 ** 22; i += 1) {
      collectGarbage();
      await sleep(5);
    }
    expect(torchMemory().bytes).toBeLessThan(before.bytes + 2 ** 22);
  });
});
