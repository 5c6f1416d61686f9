// `npm run demo`: set-up, then a short three-stage run on phantom X-rays, a picture and a summary.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = (args) => spawnSync("node", args, { cwd: root, stdio: "inherit" }).status ?? 1;

if (run([join("tools", "setup.mjs")]) !== 0) process.exit(1);
const { startEngine } = await import("@dira/engine");
const native = await startEngine("tensorflow").then(
  () => true,
  () => false,
);
const size = native
  ? ["--size", "64", "--batch", "16", "--steps", "25"]
  : ["--size", "32", "--batch", "2", "--steps", "2"];
if (!native)
  console.log(
    "demo: no native engine here, so in plain JavaScript: 32×32 pixels, two steps a stage",
  );
const small = [
  "--arch",
  "resnet18",
  "--set",
  "objective.queueSize=128",
  "--set",
  `phantoms=${native ? 96 : 8}`,
];
const out = join(root, "runs", "demo");
rmSync(out, { recursive: true, force: true });
const main = join("apps", "dira", "dist", "main.js");
if (run([main, "pretrain", "--recipe", "dira-2d-moco", "--out", out, ...size, ...small]) !== 0)
  process.exit(1);

const lines = readFileSync(join(out, "metrics.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
console.log("\nstage  steps  loss first → last    restoration first → last");
for (const stage of ["d", "dr", "dra"]) {
  const own = lines.filter((line) => line.stage === stage);
  const [first, last] = [own[0], own[own.length - 1]];
  const restoration =
    first.loss_res === undefined
      ? "–"
      : `${first.loss_res.toFixed(4)} → ${last.loss_res.toFixed(4)}`;
  console.log(
    `${stage.padEnd(6)} ${String(own.length).padEnd(6)} ${first.loss.toFixed(3)} → ${last.loss.toFixed(3)}`.padEnd(
      36,
    ),
    restoration,
  );
}
console.log(`\nDistorted, restored and target images: ${join(out, "images", "dra.png")}`);
console.log(`Losses: ${join(out, "metrics.jsonl")}; weights: ${join(out, "checkpoints")}`);
