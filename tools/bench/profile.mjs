// `node tools/bench/profile.mjs [case …] [--steps N] [--top N]`: where the time of a step goes.
import { parseArgs } from "node:util";
import { startEngine } from "@dira/engine";
import * as tf from "@tensorflow/tfjs";
import { cases } from "./cases.mjs";
import { countOperations, formatOperations } from "./count.mjs";
import { peakMib } from "./memory.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { steps: { type: "string", default: "3" }, top: { type: "string", default: "25" } },
});
const chosen =
  positionals.length > 0 ? positionals : ["resnet18-128", "resnet50-224", "u-net-2d", "dira-step"];
console.log((await startEngine("tensorflow")).reason);
for (const name of chosen) {
  const step = cases[name].build();
  for (let i = 0; i < 2; i += 1) await step();
  const rows = await countOperations(step, Number(values.steps));
  console.log(
    `\n${name}: ${cases[name].what}, ${cases[name].size.join("×")}, batch ${cases[name].batch}; per step of ${values.steps}`,
  );
  console.log(formatOperations(rows, Number(values.top)));
  console.log(`tensors ${tf.memory().numTensors}, peak memory of the process ${peakMib()} MiB`);
}
