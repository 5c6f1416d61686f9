// A million small operations: slots, bytes, the process's memory and the card's are where they were.
import { torchMemory } from "@dira/engine-torch";
import { startEngine } from "@dira/engine";
import * as tf from "@tensorflow/tfjs";
import { useDevice } from "../device.mjs";
import { usedGpuMib } from "../gpu-memory.mjs";

const MIB = 2 ** 20;
const [device, quick] = process.argv.slice(2);
const operations = quick === "quick" ? 100_000 : 1_000_000;

useDevice(device);
await startEngine("torch");
const x = tf.mul(tf.ones([8]), 1);
function run(count) {
  for (let i = 0; i < count; i += 1) tf.add(x, x).dispose();
  x.dataSync();
}
const held = () => {
  const { slots, bytes } = torchMemory();
  return { slots, bytes, process: process.memoryUsage().rss / MIB, card: usedGpuMib() ?? 0 };
};
run(operations / 5);
const before = held();
const began = performance.now();
run(operations);
const micros = (1000 * (performance.now() - began)) / operations;
const after = held();
const grown = (key) => Number((after[key] - before[key]).toFixed(1));
const row = {
  operations,
  "more slots": grown("slots"),
  "more bytes": grown("bytes"),
  "more MiB of the process": grown("process"),
  "more MiB of the card": grown("card"),
  "µs each": Number(micros.toFixed(2)),
};
const flat = row["more slots"] === 0 && row["more bytes"] === 0;
const held32 = row["more MiB of the process"] < 32 && row["more MiB of the card"] < 32;
console.log(JSON.stringify({ ...row, leak: flat && held32 ? "none" : "yes" }));
process.exitCode = flat && held32 ? 0 : 1;
