/**
 * Judges the frozen features of what pretrain.mjs made, of random weights, and of supervised training, and prints
 * a table.
 *
 *   node apps/dira/bench/methods/judge.mjs --data FOLDER --out FOLDER [--json FILE]
 *
 * Features of the training list are the bank of kNN and fit the probe; the test list is scored once. AUROC is
 * the mean over labels with at least 10 positives in the test list.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startEngine } from "@dira/engine";
import { decodeSafetensors, loadWeights, prefixed } from "@dira/nn";
import { createRandom } from "@dira/random";
import { evaluateFeatures, extractFeatures, multiLabelAuroc } from "@dira/transfer";
import { openList, plainBatches } from "./images.mjs";
import { METHODS, randomEncoder, runsOf } from "./methods.mjs";

const LEAST = 10;
const { values } = parseArgs({
  options: {
    data: { type: "string" },
    out: { type: "string" },
    json: { type: "string" },
  },
});
const { reason } = await startEngine("tensorflow");
const [train, test] = [await openList(values.data, "train"), await openList(values.data, "test")];
const positives = test.set.labelNames.map((_, l) => {
  return test.usable.filter((i) => test.set.labels(i)[l] === 1).length;
});
const counted = positives.flatMap((count, l) => (count >= LEAST ? [l] : []));

const mean = (xs) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
const std = (xs) => Math.sqrt(xs.reduce((s, x) => s + (x - mean(xs)) ** 2, 0) / (xs.length - 1));

/** kNN's and the probe's mean AUROC over the labels that count. */
async function judge(encoder) {
  const [bank, held] = [
    await extractFeatures(encoder, plainBatches(train)),
    await extractFeatures(encoder, plainBatches(test)),
  ];
  const { knn, probe } = await evaluateFeatures(bank, held, { k: 50, probe: { c: 0.01 } });
  const [byNeighbours, byProbe] = [knn, probe].map(({ perLabel }) => meanOver(perLabel));
  return { knn: byNeighbours, probe: byProbe, scores: probe.scores, labels: held.labels };
}

const meanOver = (perLabel) => mean(counted.map((l) => perLabel[l]).filter((x) => x !== undefined));

/** Standard error of the difference of two encoders' probes, over test lists of this size: a paired bootstrap. */
function errorOfDifference(one, other, draws = 500) {
  const random = createRandom(0, "bootstrap");
  const count = one.labels.length;
  const differences = Array.from({ length: draws }, (_, draw) => {
    const own = random.derive(draw);
    const rows = Array.from({ length: count }, () => own.integer(0, count));
    const labels = rows.map((i) => one.labels[i]);
    const [a, b] = [one, other].map(({ scores }) => {
      return meanOver(
        multiLabelAuroc(
          rows.map((i) => scores[i]),
          labels,
        ).perLabel,
      );
    });
    return a - b;
  });
  return std(differences);
}

/** An encoder as a run left it; undefined where there is no such run. */
function pretrained(name, seed) {
  const path = join(values.out, `${name}-${seed}`, "checkpoints", "d-unet.safetensors");
  if (!existsSync(path)) return undefined;
  const encoder = randomEncoder(seed);
  const variables = prefixed("encoder", { ...encoder.parameters, ...encoder.buffers });
  const { tensors } = decodeSafetensors(readFileSync(path));
  const own = Object.entries(tensors).filter(([key]) => key in variables);
  loadWeights(variables, Object.fromEntries(own));
  return encoder;
}

const results = {};
const add = async (name, encoder) => {
  if (encoder === undefined) return;
  const judged = await judge(encoder);
  (results[name] ??= []).push(judged);
  console.error(name, judged.knn.toFixed(3), judged.probe.toFixed(3));
};
for (const seed of [0, 1, 2]) await add("random weights", randomEncoder(seed));
for (const { name, seed } of runsOf(METHODS)) await add(name, pretrained(name, seed));
for (const seed of [0, 1, 2]) await add("supervised", pretrained("supervised", seed));

const cell = (xs) =>
  xs.length === 1 ? mean(xs).toFixed(3) : `${mean(xs).toFixed(3)} ± ${std(xs).toFixed(3)}`;
console.log(
  `Engine: ${reason}. Labels: ${counted.map((l) => test.set.labelNames[l]).join(", ")}.\n`,
);
console.log("| Encoder | Seeds | kNN | Linear probe |\n| --- | --- | --- | --- |");
for (const [name, judged] of Object.entries(results)) {
  const [knn, probe] = ["knn", "probe"].map((key) => cell(judged.map((each) => each[key])));
  console.log(`| ${name} | ${judged.length} | ${knn} | ${probe} |`);
}

const first = ["moco", "barlow-twins", "simsiam"].map((name) => results[name]?.[0]).filter(Boolean);
const pairs = first.flatMap((one, i) => first.slice(i + 1).map((other) => [one, other]));
if (pairs.length > 0) {
  const error = mean(pairs.map(([one, other]) => errorOfDifference(one, other)));
  // Two-sided 5 %, power 80 %: a difference of 2.8 standard errors.
  const needed = Math.ceil((test.usable.length * ((2.8 * error) / 0.01) ** 2) / 100) * 100;
  console.log(
    `\nStandard error of a difference of two probes on ${test.usable.length} test images: ${error.toFixed(3)}. A difference of 0.01 would need about ${needed} test images.`,
  );
}
if (values.json !== undefined) {
  const short = ({ knn, probe }) => ({ knn, probe });
  const all = Object.entries(results).map(([name, judged]) => [name, judged.map(short)]);
  writeFileSync(values.json, JSON.stringify(Object.fromEntries(all), null, 2));
}
process.exit(0);
