/**
 * Pre-trains a ResNet-18 with each method on X-rays of 96×96, and trains it with labels, for judge.mjs.
 *
 *   node apps/dira/bench/methods/pretrain.mjs --data FOLDER --out FOLDER [--steps 300] [--only NAME,NAME]
 *
 * FOLDER has ChestX-ray14's layout. What is in `--out` is not done again, so that it may be stopped and
 * started, and shared out between processes with `--only`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startEngine } from "@dira/engine";
import { encodeSafetensors, prefixed, saveWeights } from "@dira/nn";
import { openList, SIZE } from "./images.mjs";
import { METHODS, runsOf } from "./methods.mjs";
import { trainSupervised } from "./supervised.mjs";

const BATCH = 16;

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    out: { type: "string" },
    steps: { type: "string", default: "300" },
    only: { type: "string" },
  },
});
const { data, out, steps } = values;
const wanted = (name) => values.only === undefined || values.only.split(",").includes(name);
if (data === undefined || out === undefined)
  throw new Error("Give --data FOLDER and --out FOLDER.");

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const weightsOf = (name, seed) => join(out, `${name}-${seed}`, "checkpoints", "d-unet.safetensors");

for (const { name, seed, options } of runsOf(METHODS)) {
  const folder = join(out, `${name}-${seed}`);
  if (!wanted(name) || existsSync(weightsOf(name, seed))) continue;
  const args = ["pretrain", "--recipe", "dira-2d-moco", "--objective", name, "--stages", "d"];
  args.push(
    "--arch",
    "resnet18",
    "--size",
    String(SIZE),
    "--batch",
    String(BATCH),
    "--steps",
    steps,
  );
  args.push("--seed", String(seed), "--data", data, "--out", folder);
  args.push(...options.flatMap((option) => ["--set", `objective.${option}`]));
  args.push("--set", "leakage=warn");
  if (existsSync(folder)) args.push("--resume");
  const { status } = spawnSync("node", [main, ...args], { stdio: "inherit" });
  if (status !== 0) throw new Error(`${name}, seed ${seed}: the run failed.`);
}

await startEngine("tensorflow");
const train = await openList(data, "train");
for (const seed of [0, 1, 2]) {
  const path = weightsOf("supervised", seed);
  if (!wanted("supervised") || existsSync(path)) continue;
  console.log(`supervised, seed ${seed}`);
  const encoder = await trainSupervised(train, { seed, steps: Number(steps), batchSize: BATCH });
  const variables = prefixed("encoder", { ...encoder.parameters, ...encoder.buffers });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, encodeSafetensors(await saveWeights(variables)));
}
process.exit(0);
