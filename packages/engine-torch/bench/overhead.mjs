// What an operation costs beside its arithmetic: `node packages/engine-torch/bench/overhead.mjs [ENGINE ...]`, by default
// torch, tensorflow and, as the floor, a backend that does nothing, which is TensorFlow.js's own share.
// Microseconds an operation with its disposal, on tensors of one number: the best of many short rounds, engines in turn.
import { startEngine } from "@dira/engine";
import * as tf from "@tensorflow/tfjs";

const FLOOR = "nothing";
const ROUNDS = 60;
const OPERATIONS = 2000;

class Nothing extends tf.KernelBackend {
  write = () => ({});
  move = () => undefined;
  disposeData = () => true;
  refCount = () => 1;
  incRef = () => undefined;
  numDataIds = () => 0;
  floatPrecision = () => 32;
  epsilon = () => 1e-7;
}
tf.registerBackend(FLOOR, () => new Nothing(), 0);
for (const kernelName of ["Add", "Relu", "BatchMatMul", "Sum"]) {
  const made = () => ({ dataId: {}, shape: [1, 1], dtype: "float32" });
  tf.registerKernel({ kernelName, backendName: FLOOR, kernelFunc: made });
}

const cases = {
  add: (x) => tf.add(x, x),
  relu: (x) => tf.relu(x),
  "kernel Add": (x) => tf.engine().runKernel("Add", { a: x, b: x }),
  matMul: (x) => tf.matMul(x, x),
  sum: (x) => tf.sum(x, 0),
};

const names = process.argv.length > 2 ? process.argv.slice(2) : ["torch", "tensorflow", FLOOR];
const best = new Map();
const inputs = new Map();
const start = (name) => (name === FLOOR ? tf.setBackend(FLOOR) : startEngine(name));
for (const name of names) {
  await start(name);
  inputs.set(name, tf.tensor2d([1], [1, 1]));
}
for (let round = 0; round < ROUNDS; round += 1) {
  for (const name of names) {
    await start(name);
    const x = inputs.get(name);
    for (const [what, run] of Object.entries(cases)) {
      const key = `${what} ${name}`;
      const began = performance.now();
      for (let i = 0; i < OPERATIONS; i += 1) run(x).dispose();
      const micros = ((performance.now() - began) * 1000) / OPERATIONS;
      best.set(key, Math.min(best.get(key) ?? Infinity, micros));
    }
  }
}
const row = (cells) => cells.map((cell) => String(cell).padStart(12)).join("");
console.log(row(["µs", ...names]));
for (const what of Object.keys(cases))
  console.log(row([what, ...names.map((name) => best.get(`${what} ${name}`).toFixed(2))]));
process.exit(0);
