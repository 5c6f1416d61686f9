import { resNet } from "@dira/backbones";
import { adversarialLoss, patchCritic } from "@dira/critic";
import { batchMaker, cacheImages, type ImageCache, phantomXrays } from "@dira/data";
import { uNetDecoder } from "@dira/decoder";
import { type DiraMetrics, diraStep, generatorParameters, WEIGHTS_2D } from "@dira/dira";
import { startEngine } from "@dira/engine";
import { type Objective } from "@dira/objectives";
import { createRandom } from "@dira/random";
import { adam } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { makeObjective, type ObjectiveParts, PUBLISHED } from "../src/objectives/kinds.ts";
import { toTensors, trainingBatches } from "../src/pretraining/batches.ts";
import { dira2dMoco } from "../src/recipes/dira-2d-moco.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

const STEPS = 50;
const config = { ...dira2dMoco, size: 32, batch: 8 };
const seed = Number(process.env["SEED"] ?? 1);

/** Published methods, with heads and queues as narrow as the encoder here. */
const narrow: Readonly<Record<string, object>> = {
  moco: { queueSize: 64, features: 32 },
  "barlow-twins": { features: [64, 64, 64] },
  "trans-vw": { hiddenChannels: 32 },
  simsiam: { features: 64, hiddenFeatures: 16 },
  simclr: { features: 32 },
  byol: { features: 32, hiddenFeatures: 64 },
  vicreg: { features: [64, 64, 64] },
  nnclr: { features: 32, hiddenFeatures: [64, 64], queueSize: 64 },
  swav: { features: 32, hiddenFeatures: 64, prototypes: 16 },
  dino: { prototypes: 64, hiddenFeatures: [64, 32] },
  "moco-v3": { features: 32, hiddenFeatures: 64 },
  "dense-cl": { features: 32, hiddenFeatures: 64, queueSize: 64 },
};

const WORDS = 4;
const methods: Record<string, (parts: ObjectiveParts) => Objective> = Object.fromEntries(
  Object.entries(PUBLISHED).map(([kind, published]) => [
    kind,
    (parts) =>
      makeObjective({ ...published, ...narrow[kind] } as typeof published, parts) as Objective,
  ]),
);

/** Trains D+R+A on phantoms; gives the metrics of each step and how many parameters never moved. */
async function train(images: ImageCache, make: (parts: ObjectiveParts) => Objective) {
  const random = createRandom(seed, "weights");
  const createEncoder = () => resNet("resnet18", { width: 8, random: random.derive("encoder") });
  const encoder = createEncoder();
  const parts = {
    encoder,
    objective: make({
      ...{ encoder, createEncoder, random: random.derive("objective") },
      ...({ spatialRank: 2, classes: WORDS } as const),
    }),
    decoder: uNetDecoder({ encoder, channels: [32, 32, 16, 16, 8], random: random.derive("d") }),
    critic: patchCritic({ width: 8, random: random.derive("critic") }),
    adversarialLoss: adversarialLoss("log"),
  };
  const moved = { ...generatorParameters(parts), ...parts.critic.parameters };
  const first = Object.values(moved).map((v) => v.dataSync().slice());
  const betas = [0.5, 0.999] as const;
  const optimisers = {
    generator: adam({ parameters: generatorParameters(parts), betas }),
    critic: adam({ parameters: parts.critic.parameters, betas }),
  };
  const step = diraStep(parts, optimisers, WEIGHTS_2D);
  const maker = batchMaker(0);
  const lines: DiraMetrics[] = [];
  for await (const views of trainingBatches(config, "dra", images, maker).from(0)) {
    const { indices } = views;
    const batch = toTensors(views);
    const labels = tf.tensor1d(
      [...indices].map((i) => i % WORDS),
      "int32",
    );
    lines.push(
      await step.train(
        { ...batch, labels },
        {
          ...{ learningRate: 1e-3, criticLearningRate: 2e-4 },
          random: createRandom(seed, "step", lines.length),
          progress: lines.length / STEPS,
        },
      ),
    );
    tf.dispose([batch.views, batch.target, labels]);
    if (lines.length === STEPS) break;
  }
  const still = Object.entries(moved).filter(([, v], i) =>
    v.dataSync().every((x, j) => x === first[i]?.[j]),
  );
  await maker.close();
  return { lines, still: still.map(([name]) => name) };
}

const mean = (lines: readonly DiraMetrics[], name: string): number =>
  lines.reduce((sum, line) => sum + (line[name] ?? NaN), 0) / lines.length;

describe(`DiRA with each method, ${STEPS} steps of D+R+A on phantoms, seed ${seed}`, () => {
  let images: ImageCache;
  beforeAll(async () => {
    const { name } = await startEngine("auto");
    console.log(`engine: ${name}`);
    images = await cacheImages(phantomXrays({ count: 32, seed }), { side: 48 });
  });

  it("covers every kind of the configuration", () => {
    expect(Object.keys(narrow).sort()).toEqual(Object.keys(PUBLISHED).sort());
  });

  it.each(Object.keys(methods))("%s", async (kind) => {
    const { lines, still } = await train(images, methods[kind] as (p: ObjectiveParts) => Objective);
    expect(lines).toHaveLength(STEPS);
    for (const line of lines)
      for (const [name, value] of Object.entries(line)) expect(value, name).toSatisfy(isFinite);
    for (const name of ["loss_dis", "loss_res", "loss_adv", "loss_critic"])
      expect(lines[0], name).toHaveProperty(name);
    expect(still).toEqual([]);
    expect(mean(lines.slice(-10), "loss_res")).toBeLessThan(mean(lines.slice(0, 10), "loss_res"));
  });
});
