// One engine running one case: a step for each line of input, each answer a JSON line (see `bench_step.py --serve`).
import { createInterface } from "node:readline";
import { startEngine } from "@dira/engine";
import * as tf from "@tensorflow/tfjs";
import { caseOf } from "./cases.mjs";
import { countOperations } from "./count.mjs";
import { countWork } from "./work.mjs";
import { peakMib } from "./memory.mjs";

const [given, name, warmUp, batch, device] = process.argv.slice(2);
/** `torch:bfloat16` is the engine and in what it computes products; `torch:tf32` for GPUs. */
const [engine, computeType = "float32"] = given.split(":");
const say = (facts) => process.stdout.write(`${JSON.stringify(facts)}\n`);
const torch = engine === "torch" ? await import("@dira/engine-torch") : undefined;
if (device !== undefined) torch?.setDevice(device);
torch?.allowTf32(computeType === "tf32");
torch?.setComputeType(computeType === "bfloat16" ? "bfloat16" : "float32");
const { version, abilities } = await startEngine(engine);
const step = caseOf(name, batch === undefined ? undefined : Number(batch)).build();
for (let i = 0; i < Number(warmUp); i += 1) await step();
/** Reading a value waits for all that the device was asked to do before. */
const probe = tf.mul(tf.ones([1]), 1);
torch?.resetPeakMemory();
say({ version, threads: abilities.threads });

const answers = {
  convolution: convolutionGflops,
  memory: () => {
    const { peakBytes, device: gpu } = torch?.torchMemory() ?? {};
    const bytes = gpu?.peakAllocatedBytes ?? peakBytes;
    return { mib: peakMib(), tensorsMib: Math.round(bytes / 2 ** 20) };
  },
  work: async () => ({ flops: await flopsOfStep() }),
  step: async () => {
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    await step();
    if (device !== undefined) probe.dataSync();
    const { user, system } = process.cpuUsage(cpu);
    return { ms: performance.now() - began, cpuMs: (user + system) / 1000 };
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  say(await (answers[line.trim()] ?? answers.step)());
}

/** Of the engines that can be watched; 0 of others. */
async function flopsOfStep() {
  if (tf.getBackend() === "torch") return countWork(step);
  const rows = engine === "tensorflow" ? await countOperations(step, 1) : [];
  return rows.reduce((sum, { flops }) => sum + flops, 0);
}

/** Of a 3×3 convolution, 256 to 256 channels, [8, 56, 56, 256], forward: the best of six. */
function convolutionGflops() {
  const [x, filter] = [tf.ones([8, 56, 56, 256]), tf.ones([3, 3, 256, 256])];
  const times = Array.from({ length: 6 }, () => {
    const began = performance.now();
    tf.conv2d(x, filter, 1, "same").dispose();
    return performance.now() - began;
  });
  tf.dispose([x, filter]);
  return { gflops: Math.round((2 * 8 * 56 * 56 * 256 * 256 * 9) / Math.min(...times) / 1e6) };
}
