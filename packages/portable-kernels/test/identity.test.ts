import { startEngine } from "@dira/engine";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, it } from "vitest";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import { registerKernels } from "../src/index.ts";

await enginesHere(["wasm"]);

beforeAll(async () => {
  await startEngine("wasm");
  registerKernels("wasm");
});

it("a clone on wasm shares its values, and outlives what it was taken of", () => {
  const x = tf.tensor1d([1, 2, 3]);
  const buffers = tf.backend().numDataIds();
  const kept = tf.clone(x);
  expect(tf.backend().numDataIds()).toBe(buffers);
  x.dispose();
  const next = tf.fill([3], 7);
  expect(Array.from(kept.dataSync())).toEqual([1, 2, 3]);
  tf.dispose([kept, next]);
  expect(tf.backend().numDataIds()).toBe(buffers - 1);
});

it("a variable that is assigned leaves clones of its old value alone", () => {
  const v = tf.variable(tf.tensor1d([1, 2]));
  const before = tf.clone(v);
  v.assign(tf.tensor1d([5, 6]));
  expect(Array.from(before.dataSync())).toEqual([1, 2]);
  expect(Array.from(v.dataSync())).toEqual([5, 6]);
  tf.dispose([v, before]);
});
