// What `run.sh` starts, once there is a Node.js: every stage in turn, each with a time-out; what one leaves is in
// results.json and report.md before the next begins, also where it fails.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatReport } from "./report.mjs";
import { runStage } from "./run-stage.mjs";
import { stagesOf } from "./stages.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const text = (value) => ({ type: "string", default: value });
const { values } = parseArgs({
  options: {
    python: text("python3"),
    device: text("cuda"),
    out: text("gpu-results"),
    quick: { type: "boolean", default: false },
    stages: text(""),
    seconds: text("560"),
  },
});
const { device, python, quick, out } = values;
if (device !== "cpu" && !/^cuda(:\d+)?$/.test(device)) {
  console.error(`run.sh: --device must be cpu, cuda or cuda:N, got ${String(device)}.`);
  process.exit(1);
}
const results = join(out, "results.json");
const all = stagesOf({ device, quick, python, results });
const wanted = values.stages === "" ? all.map(({ name }) => name) : values.stages.split(",");
const unknown = wanted.find((name) => !all.some((stage) => stage.name === name));
if (unknown !== undefined) {
  console.error(
    `run.sh: --stages takes ${all.map(({ name }) => name).join(", ")}, got ${unknown}.`,
  );
  process.exit(1);
}
mkdirSync(out, { recursive: true });
const commit = readFileSync(join(here, "..", "commit.txt"), "utf8").trim();
const report = { date: new Date().toISOString(), commit, device, quick, stages: earlier() };
const environment = environmentOf();
const end = Date.now() + 1000 * Number(values.seconds);
write();
for (const stage of all.filter(({ name }) => wanted.includes(name))) {
  const left = Math.floor((end - Date.now()) / 1000);
  console.log(`${stage.title} …`);
  const done = await runStage({ ...stage, seconds: Math.min(stage.seconds, left) }, environment);
  console.log(`  ${done.status}, ${done.took} s`);
  const others = report.stages.filter(({ name }) => name !== stage.name);
  const order = all.map(({ name }) => name);
  report.stages = [...others, done].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  write();
}
console.log(`${join(out, "report.md")}, ${results}`);
process.exitCode = report.stages.every(({ status }) => status === "done") ? 0 : 1;

/** Stages of a run before into the same folder, which `--stages` adds to. */
function earlier() {
  if (values.stages === "" || !existsSync(results)) return [];
  return JSON.parse(readFileSync(results, "utf8")).stages;
}

function write() {
  writeFileSync(results, `${JSON.stringify(report, undefined, 1)}\n`);
  writeFileSync(join(out, "report.md"), formatReport(report));
}

/** With the LibTorch of this python alone, and its libraries where the loader finds them. */
function environmentOf() {
  const ask = `import importlib.util; print(importlib.util.find_spec("torch").submodule_search_locations[0])`;
  const LIBTORCH = execFileSync(python, ["-c", ask], { encoding: "utf8" }).trim();
  const nvidia = join(dirname(LIBTORCH), "nvidia");
  const beside = existsSync(nvidia)
    ? readdirSync(nvidia).map((name) => join(nvidia, name, "lib"))
    : [];
  const libraries = [process.env.LD_LIBRARY_PATH, join(LIBTORCH, "lib"), ...beside].filter(Boolean);
  return {
    ...process.env,
    LIBTORCH,
    LD_LIBRARY_PATH: libraries.join(":"),
    ...(device === "cpu" ? { CUDA_VISIBLE_DEVICES: "" } : {}),
  };
}
