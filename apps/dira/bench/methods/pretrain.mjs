/**
 * Pre-trains a ResNet-18 with each method on X-rays of 96×96 and judges its frozen features.
 *
 *   node apps/dira/bench/methods/pretrain.mjs --data FOLDER --out FOLDER [--steps 300]
 *
 * FOLDER has ChestX-ray14's layout. What is in `--out` is not done again, so that it may be stopped and
 * started.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { METHODS, runsOf } from "./methods.mjs";

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    out: { type: "string" },
    steps: { type: "string", default: "300" },
  },
});
const { data, out, steps } = values;
if (data === undefined || out === undefined)
  throw new Error("Give --data FOLDER and --out FOLDER.");

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
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
