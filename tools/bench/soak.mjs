// `node tools/bench/soak.mjs [steps]`: DiRA steps (ResNet-18, 64×64, batch 4) with memory and tensors now and then.
import { startEngine } from "@dira/engine";
import * as tf from "@tensorflow/tfjs";
import { cases } from "./cases.mjs";
import { residentMib } from "./memory.mjs";

const steps = Number(process.argv[2] ?? 200);
console.log((await startEngine("tensorflow")).reason);
const step = cases["dira-soak"].build();
for (let i = 1; i <= steps; i += 1) {
  await step();
  if (i % Math.ceil(steps / 10) === 0 || i === 3) {
    console.log(`step ${i}: ${residentMib()} MiB resident, ${tf.memory().numTensors} tensors`);
  }
}
