// The tests of @dira/tensor, @dira/nn, optimisers and the engine itself, on a device: definitions in float64, gradients by
// differences, adjoints, in-place updates, leaks.
import { checkEngine } from "@dira/tensor";
import { startEngine } from "@dira/engine";
import { useDevice } from "../device.mjs";
import { runFile } from "../testing/suite.mjs";

// Read by the bundler: each file becomes one that is imported when its turn comes.
const files = import.meta.glob([
  "../../../packages/engine-torch/test/engine.test.ts",
  "../../../packages/tensor/test/{laws,random-shapes,gradient-penalty,ops}.test.ts",
  "../../../packages/tensor/src/{backward,checkpoint,inner-gradient,conv-of}.test.ts",
  "../../../packages/nn/src/nn.test.ts",
  "../../../packages/training/src/{optimiser,parameter-groups}.test.ts",
  "../../../packages/critic/src/{adversarial-loss,critic,gradient-penalty}.test.ts",
  "../../../packages/dira/src/{checkpoint,depth-one,dira-step,gradient-penalty,micro-batches}.test.ts",
]);
const [device, quick] = process.argv.slice(2);
/** With `--quick` these alone. */
const few = /engine-torch|random-shapes|tensor.test.ops/;

const say = (row) => console.log(JSON.stringify(row));
useDevice(device);
const { reason } = await startEngine("torch", { check: checkEngine });
say({ "self-check": reason });
for (const [path, load] of Object.entries(files)) {
  const file = path.replace(/^.*\/packages\//, "");
  if (quick === "quick" && !few.test(file)) continue;
  const [began, failures] = [performance.now(), []];
  let passed = 0;
  await runFile(load, ({ name, why }) => {
    if (why === undefined) passed += 1;
    else failures.push({ "failed test": name, why });
  });
  const seconds = Number(((performance.now() - began) / 1000).toFixed(1));
  say({ file, passed, failed: failures.length, seconds });
  failures.forEach(say);
}
