/**
 * Pre-trains a ResNet-18 with each method on X-rays of 96×96 and judges its frozen features.
 *
 *   node apps/dira/bench/methods-table.mjs --data FOLDER --out FOLDER [--steps 300]
 *
 * FOLDER has ChestX-ray14's layout. What is in `--out` is not done again, so that it may be stopped and
 * started. Heads, queues and momenta are narrower and faster than published: with 300 steps of 16 images, a queue
 * of 65,536 would keep its random start, and a twin with m = 0.999 three quarters of it.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    out: { type: "string" },
    steps: { type: "string", default: "300" },
  },
});
const { data, out, steps } = values;
if (data === undefined || out === undefined) throw new Error("Give --data FOLDER and --out FOLDER.");

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const wide = ["features=[2048,2048,2048]"];
const queue = ["queueSize=1024", "momentum=0.99"];

/** Methods with the options that differ from the published ones, and how many seeds. */
export const METHODS = [
  { name: "moco", seeds: 3, options: queue },
  { name: "barlow-twins", seeds: 3, options: wide },
  { name: "simsiam", seeds: 3, options: [] },
  { name: "simclr", seeds: 1, options: [] },
  { name: "byol", seeds: 1, options: ["momentum=0.99"] },
  { name: "vicreg", seeds: 1, options: wide },
  { name: "nnclr", seeds: 1, options: ["queueSize=1024"] },
  { name: "swav", seeds: 1, options: ["prototypes=256"] },
  { name: "dino", seeds: 1, options: ["prototypes=4096", "momentum=0.99"] },
  { name: "moco-v3", seeds: 1, options: [] },
  { name: "dense-cl", seeds: 1, options: queue },
];

/** Seed by seed, so that what is there first is a whole table of one seed. */
export function runsOf(methods) {
  return [0, 1, 2].flatMap((seed) =>
    methods.filter(({ seeds }) => seed < seeds).map((method) => ({ ...method, seed })),
  );
}

for (const { name, seed, options } of runsOf(METHODS)) {
  const folder = join(out, `${name}-${seed}`);
  if (existsSync(join(folder, "checkpoints", "d-unet.safetensors"))) continue;
  const args = ["pretrain", "--recipe", "dira-2d-moco", "--objective", name, "--stages", "d"];
  args.push("--arch", "resnet18", "--size", "96", "--batch", "16", "--steps", steps);
  args.push("--seed", String(seed), "--data", data, "--out", folder);
  args.push(...options.flatMap((option) => ["--set", `objective.${option}`]));
  args.push("--set", "leakage=warn");
  if (existsSync(folder)) args.push("--resume");
  const { status } = spawnSync("node", [main, ...args], { stdio: "inherit" });
  if (status !== 0) throw new Error(`${name}, seed ${seed}: the run failed.`);
}
