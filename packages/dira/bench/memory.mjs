// `node packages/dira/bench/memory.mjs [--case NAME] [--way NAME] [--batch N] [--steps N] [--engine NAME]
// [--operations]`: memory and time of training steps, plain, with checkpoint, in micro-batches and with both,
// each in a process of its own. The hash is of all weights, statistics, twin and queue after the steps.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cases } from "./memory-cases.mjs";

const many = { type: "string", multiple: true };
const { values } = parseArgs({
  options: {
    case: { ...many, default: Object.keys(cases) },
    way: { ...many, default: ["plain", "checkpoint", "micro-batches", "both"] },
    batch: { type: "string" },
    steps: { type: "string", default: "3" },
    engine: { type: "string", default: "tensorflow" },
    operations: { type: "boolean", default: false },
  },
});
const child = fileURLToPath(new URL("./memory-child.mjs", import.meta.url));
const mib = (bytes) => (bytes === undefined ? "" : (bytes / 2 ** 20).toFixed(0));

for (const name of values.case) {
  const { what, size, microBatch, batch: usual } = cases[name];
  const batch = Number(values.batch ?? usual);
  console.log(
    `\n${name}: ${what}, ${size.join("×")}, batch ${batch}, micro-batches of ${microBatch}, ${String(values.engine)}`,
  );
  console.log(
    "| way | retained MiB | floor MiB | tensors' peak MiB | process' peak MiB | s/step | hash |",
  );
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  for (const way of values.way) {
    const options = {
      name,
      engine: values.engine,
      batch,
      steps: Number(values.steps),
      checkpoint: way === "checkpoint" || way === "both",
      microBatch: way === "micro-batches" || way === "both" ? microBatch : undefined,
    };
    const argv = [child, JSON.stringify(options)];
    const { stdout, stderr, status } = spawnSync("node", argv, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${name}, ${way}: ${stderr.trim()}`);
    const row = JSON.parse(stdout.trim().split("\n").at(-1));
    const cells = [row.retained, row.floor, row.peak, row.process].map(mib);
    console.log(`| ${[way, ...cells, row.seconds.toFixed(2), row.hash].join(" | ")} |`);
    if (!values.operations) continue;
    for (const { name, bytes, buffers } of row.operations.slice(0, 12))
      console.log(`    ${mib(bytes).padStart(6)} MiB in ${buffers} of ${name}`);
  }
}
