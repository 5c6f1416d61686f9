// One way of one case in a process of its own (see memory.mjs); its last line is its figures as JSON, in bytes.
import { createHash } from "node:crypto";
import { startEngine } from "@dira/engine";
import { profileMemory } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { buildStep } from "./memory-cases.mjs";

const options = JSON.parse(process.argv[2]);
await startEngine(options.engine);
const { step, variables } = buildStep(options.name, options);
await step();
const times = [];
for (let i = 0; i < options.steps; i += 1) {
  const began = performance.now();
  await step();
  times.push((performance.now() - began) / 1000);
}
times.sort((a, b) => a - b);
const floor = countFloor();
const { gradients, peakBytes, processPeakBytes } = await profileMemory(step);
const largest = gradients.reduce((a, b) => (a.retained.bytes > b.retained.bytes ? a : b));
const hash = createHash("sha256");
for (const variable of variables) hash.update(variable.dataSync());
console.log(
  JSON.stringify({
    retained: largest.retained.bytes,
    floor: options.checkpoint || options.microBatch !== undefined ? undefined : floor(),
    peak: peakBytes,
    process: processPeakBytes,
    hash: hash.digest("hex").slice(0, 8),
    seconds: times[Math.floor(times.length / 2)],
    operations: largest.retained.operations,
  }),
);

/**
 * By count, what a gradient must retain that computes nothing again: each input of a convolution and of a norm,
 * once. Of the gradient with most of them.
 */
function countFloor() {
  const engine = tf.engine();
  const { runKernel, startScope } = engine;
  const inputs = new Map();
  let most = 0;
  engine.runKernel = (name, tensors, attributes) => {
    const { x } = tensors;
    const counts = /^Dira(Conv|Conv[23]d|Pointwise|BatchNorm)$/.test(name);
    if (counts && engine.state.gradientDepth > 0) inputs.set(x.dataId, 4 * x.size);
    return runKernel.call(engine, name, tensors, attributes);
  };
  engine.startScope = (name) => {
    if (name === "backward" && engine.state.gradientDepth === 0) {
      const sum = [...inputs.values()].reduce((a, b) => a + b, 0);
      most = Math.max(most, sum);
      inputs.clear();
    }
    return startScope.call(engine, name);
  };
  return () => most;
}
