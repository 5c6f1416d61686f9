/**
 * Whether visual words are told apart in held-out patients: the accuracy of a network trained on the words'
 * cubes of training patients (TransVW's D), beside chance (1/C) and a classifier that sees nothing but a
 * cube's mean intensity.
 *
 *   node apps/dira/bench/words.mjs --words runs/words/words [--steps 200] [--batch 16] [--width 8] [--seed 0]
 *
 * The words are those of `dira discover`. The mean-intensity classifier takes the word under which the mean is
 * most likely, each word a normal distribution fitted to its training cubes. Intervals are Wilson's, 95 %.
 */
import { parseArgs } from "node:util";
import { uNetEncoder } from "@dira/backbones";
import { startEngine } from "@dira/engine";
import { transVw } from "@dira/objectives";
import { createRandom } from "@dira/random";
import { checkEngine, valueAndGradients } from "@dira/tensor";
import { adam } from "@dira/training";
import { openWordSet } from "@dira/visual-words/node";
import * as tf from "@tensorflow/tfjs";

const { values } = parseArgs({
  options: {
    words: { type: "string" },
    steps: { type: "string", default: "200" },
    batch: { type: "string", default: "16" },
    width: { type: "string", default: "8" },
    levels: { type: "string", default: "3" },
    seed: { type: "string", default: "0" },
  },
});
if (values.words === undefined) throw new Error("expected --words, the folder of a set of words.");
const [steps, batch, width, levels, seed] = ["steps", "batch", "width", "levels", "seed"].map(
  (name) => Number(values[name]),
);

const set = openWordSet(values.words);
const words = set.index.words.length;

/** All cubes of a split with their words. */
async function cubesOf(split) {
  const all = [];
  for (const { word, [split]: instances } of set.index.words) {
    for (let r = 1; r <= (instances[0]?.boxes.length ?? 0); r += 1) {
      for (const { data } of await set.read(word, split, r)) all.push({ word, data });
    }
  }
  return all;
}
const [train, val] = [await cubesOf("train"), await cubesOf("val")];

const meanOf = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const models = Array.from({ length: words }, (_, k) => {
  const means = train.filter(({ word }) => word === k).map(({ data }) => meanOf(data));
  const mean = meanOf(means);
  return { mean, variance: meanOf(means.map((m) => (m - mean) ** 2)) + 1e-8 };
});
function byMean({ data }) {
  const m = meanOf(data);
  const unlikely = models.map(
    ({ mean, variance }) => (m - mean) ** 2 / variance + Math.log(variance),
  );
  return unlikely.indexOf(Math.min(...unlikely));
}

const engine = await startEngine("auto", { check: checkEngine });
const random = createRandom(seed, "words");
const encoder = uNetEncoder({ width, levels, random: random.derive("encoder") });
const objective = transVw({
  encoder,
  spatialRank: 3,
  words,
  hiddenChannels: 8 * width,
  random: random.derive("head"),
});
const parameters = Object.fromEntries([
  ...Object.entries(encoder.parameters).map(([name, v]) => [`encoder.${name}`, v]),
  ...Object.entries(objective.parameters).map(([name, v]) => [`head.${name}`, v]),
]);
const names = Object.keys(parameters);
const optimiser = adam({ parameters });

function lossOf(cubes, mode) {
  const size = cubes[0].data.length;
  const data = new Float32Array(cubes.length * size);
  cubes.forEach((cube, i) => data.set(cube.data, i * size));
  const x = tf.tensor(data, [cubes.length, ...set.index.options.cube, 1]);
  const labels = tf.tensor1d(
    cubes.map(({ word }) => word),
    "int32",
  );
  return objective.loss(() => encoder.apply(x, mode), { words: labels }, { mode });
}

for (let step = 0; step < steps; step += 1) {
  const stream = random.derive("batch", step);
  const cubes = Array.from({ length: batch }, () => train[stream.integer(0, train.length)]);
  tf.tidy(() => {
    const { value, gradients } = valueAndGradients(
      () => lossOf(cubes, "train").loss,
      Object.values(parameters),
    );
    optimiser.update(Object.fromEntries(names.map((name, i) => [name, gradients[i]])), 1e-3);
    if ((step + 1) % 50 === 0)
      console.log(`step ${step + 1}: loss ${value.dataSync()[0].toFixed(3)}`);
  });
}

function right(cubes) {
  let count = 0;
  for (let at = 0; at < cubes.length; at += batch) {
    const some = cubes.slice(at, at + batch);
    const { word_accuracy: share } = tf.tidy(() => {
      const { word_accuracy } = lossOf(some, "infer").metrics;
      return { word_accuracy };
    });
    count += Math.round(share.dataSync()[0] * some.length);
    share.dispose();
  }
  return count;
}
function told(count, of) {
  const [p, z] = [count / of, 1.96];
  const middle = (p + z ** 2 / (2 * of)) / (1 + z ** 2 / of);
  const half = (z / (1 + z ** 2 / of)) * Math.sqrt((p * (1 - p)) / of + z ** 2 / (4 * of ** 2));
  const share = (x) => `${(100 * x).toFixed(1)} %`;
  return `${share(p)} (${count} of ${of}; ${share(middle - half)} to ${share(middle + half)})`;
}

console.log(
  `${words} words, cubes of ${set.index.options.cube.join(" × ")}: ${train.length} of training patients, ${val.length} of held-out ones; engine ${engine.name}`,
);
console.log(`chance (1/C):      ${(100 / words).toFixed(1)} %`);
console.log(
  `mean intensity:    ${told(val.filter((cube) => byMean(cube) === cube.word).length, val.length)}`,
);
console.log(`network, held out: ${told(right(val), val.length)}`);
console.log(`network, training: ${told(right(train), train.length)}`);
