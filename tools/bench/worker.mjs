// One engine running one case: a step for each line of input, each answer a JSON line (see `bench_step.py --serve`).
import { createInterface } from "node:readline";
import { startEngine } from "@dira/engine";
import * as tf from "@tensorflow/tfjs";
import { cases } from "./cases.mjs";
import { countOperations } from "./count.mjs";
import { peakMib } from "./memory.mjs";

const [given, name, warmUp] = process.argv.slice(2);
/** `torch:bfloat16` is the engine and in what it computes products. */
const [engine, computeType] = given.split(":");
const say = (facts) => process.stdout.write(`${JSON.stringify(facts)}\n`);
const { version, abilities } = await startEngine(engine);
if (computeType !== undefined) (await import("@dira/engine-torch")).setComputeType(computeType);
const step = cases[name].build();
for (let i = 0; i < Number(warmUp); i += 1) await step();
say({ version, threads: abilities.threads });

const answers = {
  convolution: convolutionGflops,
  memory: () => ({ mib: peakMib() }),
  work: async () => {
    const rows = engine === "tensorflow" ? await countOperations(step, 1) : [];
    return { flops: rows.reduce((sum, { flops }) => sum + flops, 0) };
  },
  step: async () => {
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    await step();
    const { user, system } = process.cpuUsage(cpu);
    return { ms: performance.now() - began, cpuMs: (user + system) / 1000 };
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  say(await (answers[line.trim()] ?? answers.step)());
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
