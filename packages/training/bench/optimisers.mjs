// Milliseconds of one optimiser update, and of one step of a momentum twin, on the parameters of real
// networks: the fused kernels and the composed path, in turn in one process, on `tensorflow`.
// `node packages/training/bench/optimisers.mjs [rounds]` (after `npm run setup`).
import { cpus } from "node:os";
import { resNet } from "@dira/backbones";
import { uNetDecoder } from "@dira/decoder";
import { startEngine } from "@dira/engine";
import { followParameters } from "@dira/nn";
import { momentumUpdate } from "@dira/tensor";
import { adam, adamW, lars, sgd } from "@dira/training";
import * as tf from "@tensorflow/tfjs";

const rounds = Number(process.argv[2] ?? 10);
const { reason } = await startEngine("tensorflow");
console.log(`${cpus()[0].model}, Node ${process.version}, ${reason}; best (median) of ${rounds}`);
// The same engine under a second name, which has TensorFlow.js's kernels but none of ours.
tf.copyRegisteredKernels("tensorflow", "composed");
tf.registerBackend("composed", () => tf.findBackend("tensorflow"));

async function compare(f) {
  const times = { tensorflow: [], composed: [] };
  for (let round = -2; round < rounds; round += 1) {
    for (const backend of ["composed", "tensorflow"]) {
      await tf.setBackend(backend);
      const start = performance.now();
      f();
      if (round >= 0) times[backend].push(performance.now() - start);
    }
  }
  return Object.values(times).map((all) => {
    const sorted = all.sort((a, b) => a - b);
    return { best: sorted[0], median: sorted[Math.floor(sorted.length / 2)] };
  });
}

/** Bytes a millisecond, of TensorFlow's momentum operation on one large tensor: it moves 24 each. */
function bandwidth() {
  const size = 2 ** 24;
  const [parameter, buffer] = [0, 0].map((x) => tf.tidy(() => tf.variable(tf.fill([size, 1], x))));
  const gradient = tf.fill([size, 1], 1);
  const times = Array.from({ length: 10 }, () => {
    const start = performance.now();
    momentumUpdate([{ parameter, buffer, gradient }], { learningRate: 0.1, momentum: 0.9 });
    return performance.now() - start;
  });
  tf.dispose([parameter, buffer, gradient]);
  return (24 * size) / Math.min(...times);
}

const perMillisecond = bandwidth();
console.log(
  `Memory: ${(perMillisecond / 1e6).toFixed(0)} GB/s, for the floor of bytes that must move`,
);

function print(name, [fused, composed], bytes) {
  const text = ({ best, median }) => `${best.toFixed(1)} (${median.toFixed(1)})`.padStart(15);
  const floor = bytes / perMillisecond;
  console.log(
    `  ${name.padEnd(21)} fused ${text(fused)}, composed ${text(composed)}, floor ${floor.toFixed(1)}`,
  );
}

const withDecoder = (encoder) => ({
  ...encoder.parameters,
  ...uNetDecoder({ encoder }).parameters,
});
const networks = {
  "ResNet-18": () => resNet("resnet18").parameters,
  "ResNet-18 U-Net": () => withDecoder(resNet("resnet18")),
  "ResNet-50": () => resNet("resnet50").parameters,
};
const decay = { weightDecay: 1e-4 };
// With the bytes that must be read and written for each number.
const optimisers = {
  adam: [28, (parameters) => adam({ parameters })],
  "adam, decay": [28, (parameters) => adam({ parameters, ...decay })],
  adamW: [28, (parameters) => adamW({ parameters })],
  "sgd, momentum": [20, (parameters) => sgd({ parameters, momentum: 0.9 })],
  "sgd, momentum, decay": [20, (parameters) => sgd({ parameters, momentum: 0.9, ...decay })],
  lars: [20, (parameters) => lars({ parameters })],
};
for (const [name, create] of Object.entries(networks)) {
  const parameters = create();
  const all = Object.values(parameters);
  const size = all.reduce((sum, parameter) => sum + parameter.size, 0);
  console.log(`${name}: ${all.length} tensors, ${(size / 1e6).toFixed(1)} M parameters`);
  const gradients = Object.fromEntries(
    Object.entries(parameters).map(([key, p]) => [key, tf.randomNormal(p.shape, 0, 0.01)]),
  );
  for (const [kind, [bytes, make]] of Object.entries(optimisers)) {
    const optimiser = make(parameters);
    print(kind, await compare(() => optimiser.update(gradients, 1e-4)), bytes * size);
    optimiser.dispose();
  }
  const twin = create();
  print("momentum twin", await compare(() => followParameters(twin, parameters, 0.999)), 12 * size);
  tf.dispose([parameters, twin, gradients]);
}

const parameters = networks["ResNet-50"]();
const gradients = Object.fromEntries(
  Object.entries(parameters).map(([key, p]) => [key, tf.randomNormal(p.shape, 0, 0.01)]),
);
const optimiser = adam({ parameters });
const megabytes = Array.from({ length: 300 }, () => {
  optimiser.update(gradients, 1e-4);
  return Math.round(process.memoryUsage.rss() / 1e6);
});
console.log(
  `Memory after 20, 100, 300 updates: ${[19, 99, 299].map((i) => megabytes[i]).join(", ")} MB`,
);
