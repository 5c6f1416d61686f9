// Where a step of ours spends its time: each kernel of TensorFlow.js by itself, the device waited for before and after.
import { startEngine } from "@dira/engine";
import * as tf from "@tensorflow/tfjs";
import { caseOf } from "../../bench/cases.mjs";
import { useDevice, usePrecision } from "../device.mjs";

const ROWS = 30;
const [device, name, batch, precision] = process.argv.slice(2);
useDevice(device);
usePrecision(precision);
await startEngine("torch");
const step = caseOf(name, Number(batch)).build();
await step();
await step();

const probe = tf.mul(tf.ones([1]), 1);
/** Reading a value back waits for all that was asked of the device before. */
const wait = () => probe.dataSync();
const whole = await timed();
const rows = new Map();
/** Kernels may call others, whose time is not theirs: what those took, innermost last. */
const inner = [];
watchKernels();
const watched = await timed();
const sum = [...rows.values()].reduce((total, { ms }) => total + ms, 0);
const say = (row) => console.log(JSON.stringify(row));
say({
  case: name,
  precision,
  "step, ms": round(whole),
  "step with waiting, ms": round(watched),
  "within kernels, ms": round(sum),
});
const sorted = [...rows.values()].sort((a, b) => b.ms - a.ms);
for (const { kernel, calls, ms } of sorted.slice(0, ROWS)) {
  say({ kernel, calls, ms: round(ms), "% of kernels": round((100 * ms) / sum) });
}
process.exit(0);

async function timed() {
  wait();
  const began = performance.now();
  await step();
  wait();
  return performance.now() - began;
}

function watchKernels() {
  for (const config of tf.getKernelsForBackend("torch")) {
    const { kernelName, kernelFunc } = config;
    tf.unregisterKernel(kernelName, "torch");
    tf.registerKernel({
      ...config,
      kernelFunc: (given) => {
        wait();
        const began = performance.now();
        inner.push(0);
        const result = kernelFunc(given);
        wait();
        const took = performance.now() - began;
        count(kernelName, took - inner.pop());
        if (inner.length > 0) inner[inner.length - 1] += took;
        return result;
      },
    });
  }
}

function count(kernel, ms) {
  const row = rows.get(kernel) ?? { kernel, calls: 0, ms: 0 };
  row.calls += 1;
  row.ms += ms;
  rows.set(kernel, row);
}

function round(x) {
  return Number(x.toPrecision(4));
}
