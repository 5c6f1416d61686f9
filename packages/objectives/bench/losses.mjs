// Forward and backward of four losses beside PyTorch, in one run, taking turns: medians and their ratio.
// `node packages/objectives/bench/losses.mjs [--python python3] [--rounds 15] [--engine tensorflow]`,
// after `npm run setup`. The first three rounds do not count.
import { spawn } from "node:child_process";
import { cpus } from "node:os";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { startEngine } from "@dira/engine";
import { barlowTwinsLoss, infoNce, ntXent, randomQueue, vicRegLoss } from "@dira/objectives";
import { createRandom } from "@dira/random";
import * as tf from "@tensorflow/tfjs";

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "/usr/bin/python3" },
    rounds: { type: "string", default: "15" },
    engine: { type: "string", default: "tensorflow" },
  },
});
const WARM_UP = 3;
const engine = await startEngine(values.engine);

const rows = (width, seed) => tf.randomNormal([256, width], 0, 1, "float32", seed);
const narrow = [rows(128, 1), rows(128, 2)];
const wide = [rows(2048, 3), rows(2048, 4)];
const queue = randomQueue(65536, 128, createRandom("bench"));
const losses = [
  { name: "ntXent", batch: "256 × 128", inputs: narrow, loss: ntXent },
  { name: "barlowTwinsLoss", batch: "256 × 2048", inputs: wide, loss: barlowTwinsLoss },
  { name: "vicRegLoss", batch: "256 × 2048", inputs: wide, loss: vicRegLoss },
  {
    name: "infoNce",
    batch: "256 × 128, K = 65,536",
    inputs: narrow.slice(0, 1),
    loss: (q) => infoNce(q, narrow[1], queue),
  },
];

const python = spawn(values.python, [new URL("losses.py", import.meta.url).pathname]);
python.stderr.pipe(process.stderr);
const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
const line = async () => (await lines.next()).value;
const version = await line();

async function theirs(name) {
  python.stdin.write(`${name}\n`);
  return Number(await line());
}

function ours(loss, inputs) {
  const start = performance.now();
  const { value, grads } = tf.valueAndGrads(loss)(inputs);
  grads.at(-1).dataSync();
  const milliseconds = performance.now() - start;
  tf.dispose([value, grads]);
  return milliseconds;
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

console.log(`${cpus()[0].model}, ${cpus().length} cores; ${version}; ${engine.reason}`);
console.log("| Loss | Batch | Ours, ms (best) | PyTorch, ms (best) | Ratio |");
console.log("| --- | --- | --- | --- | --- |");
const told = (times) => `${median(times).toFixed(1)} (${Math.min(...times).toFixed(1)})`;
for (const { name, batch, inputs, loss } of losses) {
  const times = { ours: [], theirs: [] };
  for (let round = -WARM_UP; round < Number(values.rounds); round += 1) {
    // Each goes first every other time.
    const before = round % 2 === 0 ? await theirs(name) : undefined;
    const own = ours(loss, inputs);
    const other = before ?? (await theirs(name));
    if (round < 0) continue;
    times.ours.push(own);
    times.theirs.push(other);
  }
  const ratio = (median(times.ours) / median(times.theirs)).toFixed(2);
  console.log(`| ${name} | ${batch} | ${told(times.ours)} | ${told(times.theirs)} | ${ratio} |`);
}
python.stdin.end();
