// How much the loader costs the training step: rate with batches from the loader over rate with one
// resident batch, in alternating blocks of steps. Build first.
//   node apps/dira/bench/loader.mjs [--data DIR] [--arch resnet18] [--size 128] [--batch 32]
//     [--stage dr] [--steps 5] [--blocks 6]
import { parseArgs } from "node:util";
import { batchMaker } from "@dira/data";
import { diraStep } from "@dira/dira";
import { startEngine } from "@dira/engine";
import { createRandom } from "@dira/random";
import * as tf from "@tensorflow/tfjs";
import { toTensors, trainingBatches } from "../dist/pretraining/batches.js";
import { objectiveMaker } from "../dist/objectives/recipe-file.js";
import {
  buildOptimisers,
  buildParts,
  stageParts,
  stageWeights,
} from "../dist/pretraining/build.js";
import { openData } from "../dist/pretraining/open-data.js";
import { recipeNamed } from "../dist/recipes/index.js";

const text = (value) => ({ type: "string", default: value });
const { values } = parseArgs({
  options: {
    data: { type: "string" },
    arch: text("resnet18"),
    size: text("128"),
    batch: text("32"),
    stage: text("dr"),
    steps: text("5"),
    blocks: text("6"),
  },
});
const stage = String(values.stage);
const config = {
  ...recipeNamed("dira-2d-moco"),
  data: values.data ?? null,
  arch: String(values.arch),
  size: Number(values.size),
  batch: Number(values.batch),
};
const { reason } = await startEngine("tensorflow");
const maker = batchMaker(config.workers);
const images = await openData(config, maker);
const weights = stageWeights(config, stage);
const parts = stageParts(buildParts(config, await objectiveMaker(config)), weights);
const step = diraStep(parts, buildOptimisers(config, parts), weights);
const batches = trainingBatches(config, stage, images.train, maker).from(0);
const next = async () => toTensors((await batches.next()).value);
const resident = await next();
let done = 0;

async function train(batch) {
  const random = createRandom(0, "step", done);
  done += 1;
  await step.train(batch, { learningRate: 2e-4, criticLearningRate: 2e-4, random });
}

/** Milliseconds a step over a block. */
async function block(withLoader) {
  const began = performance.now();
  for (let i = 0; i < Number(values.steps); i += 1) {
    const batch = withLoader ? await next() : resident;
    await train(batch);
    if (withLoader) tf.dispose([batch.views, batch.target]);
  }
  return (performance.now() - began) / Number(values.steps);
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
await block(false);
const [loaded, still] = [[], []];
for (let i = 0; i < Number(values.blocks); i += 1) {
  // Each goes first every other time.
  for (const withLoader of i % 2 === 0 ? [true, false] : [false, true])
    (withLoader ? loaded : still).push(await block(withLoader));
}
await maker.close();
const ratios = loaded.map((ms, i) => still[i] / ms);
console.log(`engine: ${reason}`);
console.log(
  `${config.arch}, ${config.size}×${config.size}, batch ${config.batch}, stage ${stage}: loader ${median(loaded).toFixed(0)} ms, resident ${median(still).toFixed(0)} ms a step`,
);
console.log(
  `rate with loader / resident: median ${median(ratios).toFixed(3)}, from ${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`,
);
