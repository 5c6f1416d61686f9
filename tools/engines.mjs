// `npm run check:engines -- [r|d|dr|dra] [steps]`: one training run of a ResNet-18 U-Net on phantoms of
// 64×64, on `tensorflow` and `wasm` in Node and on `wasm` in headless Chromium, losses side by side. Exit 1
// if two differ by more than 1e-3 in one of the first 20 steps. How far rounding alone takes a run is seen
// from `tensorflow` with oneDNN's kernels and without.
import { fork } from "node:child_process";
import { findChromium, NO_CHROMIUM } from "./chromium.mjs";
import { inChromium } from "./engines/in-chromium.mjs";

const [TOLERANCE, FIRST] = [1e-3, 20];
/** λ of D, R and A. */
const WEIGHTS = {
  r: { discriminative: 0, restorative: 1, adversarial: 0 },
  d: { discriminative: 1, restorative: 0, adversarial: 0 },
  dr: { discriminative: 1, restorative: 10, adversarial: 0 },
  dra: { discriminative: 1, restorative: 10, adversarial: 0.001 },
};
const PLAIN = "plain tensorflow";

/** The run in a process of its own. */
function inNode(job, env = {}) {
  const child = fork(new URL("engines/in-node.mjs", import.meta.url), {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2", ...env },
  });
  return new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`${job.engine} in Node ended with ${code}`)));
    child.send(job);
  });
}

/** All runs, one after the other, by name. */
async function runAll(options) {
  const runs = {
    tensorflow: () => inNode({ engine: "tensorflow", options }),
    [PLAIN]: () => inNode({ engine: "tensorflow", options }, { TF_ENABLE_ONEDNN_OPTS: "0" }),
    wasm: () => inNode({ engine: "wasm", options }),
    "wasm, Chromium": () => inChromium({ engine: "wasm", options }),
  };
  const losses = {};
  for (const [name, run] of Object.entries(runs)) {
    if (name.includes("Chromium") && findChromium() === undefined) {
      console.log(`${name}: skipped, ${NO_CHROMIUM}`);
      continue;
    }
    const { reason, lines, seconds } = await run();
    console.log(`${name}: ${reason}; ${(seconds / options.steps).toFixed(2)} s a step`);
    losses[name] = lines.map(({ loss }) => loss);
  }
  return losses;
}

/** The largest difference of any two runs in the first steps; NaN counts as one. */
function spread(runs, steps) {
  const apart = Array.from({ length: Math.min(steps, runs[0].length) }, (_, i) => {
    const losses = runs.map((run) => run[i]);
    return losses.some(Number.isNaN) ? Infinity : Math.max(...losses) - Math.min(...losses);
  });
  return Math.max(...apart);
}

function report(losses, steps) {
  const names = Object.keys(losses);
  console.log(`\n step ${names.map((name) => name.padStart(18)).join("")}`);
  for (let i = 0; i < steps; i += i < FIRST - 1 ? 1 : 10) {
    const row = names.map((name) => losses[name][i].toFixed(6).padStart(18));
    console.log(`${String(i + 1).padStart(5)} ${row.join("")}`);
  }
  const { [PLAIN]: plain, ...engines } = losses;
  const rows = {
    "between the engines": Object.values(engines),
    "between tensorflow with and without oneDNN": [losses.tensorflow, plain],
    "between wasm in Node and in Chromium": Object.values(engines).slice(1),
  };
  console.log(`\nlargest difference, first ${FIRST} steps and all ${steps}`);
  for (const [name, runs] of Object.entries(rows)) {
    const figures = [FIRST, steps].map((n) => spread(runs, n).toExponential(1));
    console.log(`  ${figures.join("  ")}  ${name}`);
  }
  return spread(Object.values(engines), FIRST) <= TOLERANCE;
}

const [name = "r", steps = "100"] = process.argv.slice(2);
if (!(name in WEIGHTS) || !(Number(steps) > 0)) {
  console.error(`expected r, d, dr or dra and a number of steps, got ${name} ${steps}`);
  process.exit(1);
}
const options = {
  steps: Number(steps),
  side: 64,
  batch: 8,
  width: 64,
  weights: WEIGHTS[name],
  learningRate: 2e-4,
};
process.exitCode = report(await runAll(options), options.steps) ? 0 : 1;
