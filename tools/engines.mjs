// `npm run check:engines -- [d|dr|dra] [steps]`: one training run (ResNet-18 U-Net, phantoms of 64×64)
// on `tensorflow` and `wasm` in Node, and on `wasm` in headless Chromium; losses side by side. Exit 1 if
// two engines differ by more than 1e-3 in one of the first 20 steps.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { createServer } from "vite";
import { findChromium, launchOptions, NO_CHROMIUM } from "./chromium.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const RUN = "/packages/dira/test/engine-run.ts";
const WASM = "/node_modules/@tensorflow/tfjs-backend-wasm/dist/";
const [TOLERANCE, FIRST] = [1e-3, 20];
const WEIGHTS = {
  d: { discriminative: 1, restorative: 0, adversarial: 0 },
  dr: { discriminative: 1, restorative: 10, adversarial: 0 },
  dra: { discriminative: 1, restorative: 10, adversarial: 0.001 },
};

/** Serves the sources to the page, and loads them in Node. */
function serve() {
  return createServer({
    root,
    configFile: false,
    appType: "custom",
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0, hmr: false, watch: null },
    resolve: { conditions: ["@dira/source", "browser", "module", "import", "default"] },
    ssr: { resolve: { conditions: ["@dira/source", "node", "import", "default"] } },
    optimizeDeps: {
      entries: [],
      include: ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"],
    },
    plugins: [
      { name: "page", configureServer: ({ middlewares }) => void middlewares.use("/page", page) },
    ],
  });
}

function page(_, response) {
  response.setHeader("Content-Type", "text/html").end("<!doctype html><title>engines</title>");
}

/** The losses in this process. */
async function inNode(server, engine, options) {
  const { startEngine } = await server.ssrLoadModule("@dira/engine");
  const { reason } = await startEngine(engine);
  console.log(`${engine} in Node: ${reason}`);
  const { engineRun } = await server.ssrLoadModule(RUN);
  return timed(() => engineRun(options));
}

/** The losses in a page of headless Chromium. */
async function inChromium(server, engine, options) {
  const browser = await chromium.launch(launchOptions());
  try {
    const tab = await browser.newPage();
    tab.on("pageerror", (error) => console.error(String(error)));
    await tab.goto(new URL("/page", server.resolvedUrls.local[0]).href);
    console.log(`${engine} in Chromium ${browser.version()}`);
    const inPage = async ({ run, wasmPaths, engine, options }) => {
      const engines = await import("/packages/engine/src/index.ts");
      await engines.startEngine(engine, { wasmPaths });
      return (await import(run)).engineRun(options);
    };
    return await timed(() => tab.evaluate(inPage, { run: RUN, wasmPaths: WASM, engine, options }));
  } finally {
    await browser.close();
  }
}

async function timed(run) {
  const began = performance.now();
  const lines = await run();
  const seconds = (performance.now() - began) / 1000 / lines.length;
  console.log(`  ${lines.length} steps, ${seconds.toFixed(2)} s a step`);
  return lines.map((line) => line.loss);
}

/** The largest differences of any two runs; NaN counts as one. */
function spread(runs, steps) {
  const differences = Array.from({ length: steps }, (_, i) => {
    const losses = runs.map((run) => run[i]);
    const apart = Math.max(...losses) - Math.min(...losses);
    return Number.isNaN(apart) ? Infinity : apart;
  });
  return Math.max(...differences);
}

function report(names, runs, steps) {
  console.log(`\n step ${names.map((name) => name.padStart(18)).join("")}`);
  for (let i = 0; i < steps; i += i < FIRST ? 1 : 10) {
    const losses = runs.map((run) => run[i].toFixed(6).padStart(18));
    console.log(`${String(i + 1).padStart(5)} ${losses.join("")}`);
  }
  const first = spread(runs, Math.min(FIRST, steps));
  console.log(`\nlargest difference in the first ${FIRST} steps: ${first.toExponential(2)}`);
  console.log(`largest difference in all ${steps}: ${spread(runs, steps).toExponential(2)}`);
  return first <= TOLERANCE;
}

async function main(weights, steps) {
  const options = { steps, side: 64, batch: 8, width: 64, weights, learningRate: 2e-4 };
  const server = await serve();
  try {
    await server.listen();
    const runs = {
      tensorflow: await inNode(server, "tensorflow", options),
      wasm: await inNode(server, "wasm", options),
    };
    if (findChromium() === undefined) console.log(`without a browser: ${NO_CHROMIUM}`);
    else runs["wasm, Chromium"] = await inChromium(server, "wasm", options);
    return report(Object.keys(runs), Object.values(runs), steps);
  } finally {
    await server.close();
  }
}

const [name = "dr", steps = "100"] = process.argv.slice(2);
if (!(name in WEIGHTS) || !(Number(steps) > 0)) {
  console.error(`expected d, dr or dra and a number of steps, got ${name} ${steps}`);
  process.exit(1);
}
process.exitCode = (await main(WEIGHTS[name], Number(steps))) ? 0 : 1;
