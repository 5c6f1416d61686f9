import { fileURLToPath } from "node:url";
import { type Encoder, uNetEncoder } from "@dira/backbones";
import { toTorchLayout } from "@dira/nn";
import { createRandom } from "@dira/random";
import type { FeatureMap, SpatialRank } from "@dira/tensor";
import { pseudoRandom, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import { classifier, type Classifier, gradCam, gradCamPlusPlus, occlusionMap } from "../src/index.ts"; // prettier-ignore
import { pythonWith, runPython } from "../../../tools/testing/python.ts";

const python = pythonWith(["torch"], "Parity of heat maps with PyTorch is");

const engines = await enginesHere();

interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Answer {
  readonly maps: Readonly<Record<string, Record<"gradCam" | "gradCamPlusPlus", number[]>>>;
  readonly occlusion: readonly number[];
}

interface Case {
  readonly network: Classifier;
  readonly images: FeatureMap;
  readonly output: readonly number[];
  readonly window: readonly number[];
  readonly stride: readonly number[];
}

const FILL = 0.25;

const stored = (x: tf.Tensor): Stored => ({ shape: x.shape, data: [...x.dataSync()] });

const noiseOf = (shape: readonly number[], seed: number): tf.Tensor =>
  tf.tensor(pseudoRandom(shape, seed), [...shape]);

/** `[N, …, C]` as PyTorch has it, `[N, C, …]`. */
const channelsFirst = (x: tf.Tensor): tf.Tensor =>
  tf.transpose(x, [0, x.rank - 1, ...x.shape.map((_, axis) => axis).slice(1, -1)]);

function encoderOf(spatialRank: SpatialRank): Encoder {
  const encoder = uNetEncoder({ spatialRank, width: 2, levels: 3, random: createRandom(5) });
  Object.entries({ ...encoder.parameters, ...encoder.buffers }).forEach(([name, variable], i) => {
    const moved = tf.add(variable, tf.mul(noiseOf(variable.shape, i + 1), 0.3));
    variable.assign(name.endsWith("var") ? tf.add(tf.abs(moved), 0.3) : moved);
  });
  return encoder;
}

function caseOf(spatialRank: SpatialRank): Case {
  const network = classifier({ encoder: encoderOf(spatialRank), outputs: 3 });
  network.parameters["head.weight"]?.assign(noiseOf([16, 3], 70));
  const sides = spatialRank === 2 ? [12, 16] : [4, 8, 12];
  const images = noiseOf([3, ...sides, 1], 80) as FeatureMap;
  const window = spatialRank === 2 ? [5, 4] : [3, 4, 5];
  return { network, images, output: [2, 0, 1], window, stride: window.map((n) => n - 2) };
}

function ask(cases: readonly Case[]): readonly Answer[] {
  const questions = cases.map(({ network, images, output, window, stride }) => ({
    stages: network.encoder.stages.map(({ name }) => name),
    ...{ output, window, stride, fill: FILL, pool: 2, padding: 1 },
    images: stored(channelsFirst(images)),
    weights: Object.fromEntries(
      Object.entries({ ...network.parameters, ...network.buffers }).map(([name, variable]) => [
        name,
        stored(toTorchLayout(name, variable)),
      ]),
    ),
  }));
  const script = fileURLToPath(new URL("heat_map_answers.py", import.meta.url));
  const input = JSON.stringify(questions);
  return JSON.parse(runPython(python as string, [script], input)) as Answer[];
}

/** The same for every engine. */
let answers: readonly Answer[] = [];

describe.skipIf(python === undefined).each(engines)(
  "heat maps on %s, parity with PyTorch in float64",
  (engine) => {
    const ranks = [2, 3] as const;
    let cases: readonly Case[] = [];
    beforeAll(async () => {
      await tf.setBackend(engine);
      cases = ranks.map(caseOf);
      if (answers.length === 0) answers = ask(cases);
    });
    const against = (map: tf.Tensor, theirs: readonly number[] | undefined): number =>
      relativeError(map, tf.tensor([...(theirs ?? [])], map.shape));

    it.each(ranks)("gradCam and gradCamPlusPlus at every stage, in rank %i", (rank) => {
      const { network, images, output } = cases[rank - 2] as Case;
      for (const { name: level } of network.encoder.stages) {
        const theirs = answers[rank - 2]?.maps[level];
        const options = { output, level };
        expect(against(gradCam(network, images, options), theirs?.gradCam)).toBeLessThan(1e-4);
        const plus = gradCamPlusPlus(network, images, options);
        expect(against(plus, theirs?.gradCamPlusPlus), level).toBeLessThan(1e-4);
        expect(Math.max(...plus.dataSync())).toBeGreaterThan(0);
      }
    });

    it.each(ranks)("occlusionMap in rank %i", (rank) => {
      const { network, images, output, window, stride } = cases[rank - 2] as Case;
      const map = occlusionMap(network, images, { output, window, stride, fill: FILL, batch: 5 });
      expect(against(map, answers[rank - 2]?.occlusion)).toBeLessThan(1e-3);
    });
  },
);
