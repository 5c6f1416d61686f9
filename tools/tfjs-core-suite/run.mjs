// Runs tfjs-core's specs once: `node run.mjs ENGINE plain|ours OUTPUT.json`. The engine is started by
// `startEngine`; with `ours`, the operations of @dira/tensor have run before, so that what they
// register is registered. Writes the engine and each spec's outcome, in order.
import { writeFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { startEngine } from "@dira/engine";
import { batchNorm, checkEngine } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { corePackage } from "./core-package.mjs";

const [engine, registrations, output] = process.argv.slice(2);
const require = createRequire(import.meta.url);
register("./hooks.mjs", import.meta.url);
globalThis.require = require; // tfjs-core's test utilities ask for it
const jasmineCore = require("jasmine-core");
const env = jasmineCore.boot(jasmineCore).getEnv();
env.configure({ random: false });

const core = dirname(corePackage());
const load = (path) => import(pathToFileURL(join(core, "dist", path)).href);

/** Runs each of our operations, forward and backward. */
function registerOurs() {
  checkEngine();
  tf.tidy(() => {
    for (const shape of [
      [2, 3, 3, 2],
      [2, 3, 3, 3, 2],
    ]) {
      const loss = (x) => tf.sum(batchNorm(x, tf.ones([2]), tf.zeros([2])));
      tf.grad(loss)(tf.randomNormal(shape));
    }
  });
}

const { reason } = await startEngine(engine);
if (registrations === "ours") registerOurs();
const { setTestEnvs } = await load("jasmine_util.js");
setTestEnvs([{ name: `test-${engine}`, backendName: engine, flags: {}, isDataSync: true }]);
await load("tests.js");

const specs = [];
env.addReporter({
  specDone({ fullName, status, failedExpectations }) {
    const why = failedExpectations[0]?.message.split("\n")[0].slice(0, 300);
    specs.push({ name: fullName, status, ...(why === undefined ? {} : { why }) });
  },
});
await env.execute();
writeFileSync(output, JSON.stringify({ engine: reason, specs }));
process.exit(0);
