import { resNet } from "@dira/backbones";
import { adversarialLoss, patchCritic } from "@dira/critic";
import { uNetDecoder } from "@dira/decoder";
import { startEngine } from "@dira/engine";
import { moco } from "@dira/objectives";
import { createRandom } from "@dira/random";
import type { SpatialRank } from "@dira/tensor";
import { relativeError } from "@dira/testing";
import { sgd } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { diraStep, generatorParameters } from "./index.ts";

beforeAll(async () => {
  await startEngine("auto");
});

interface Outcome {
  readonly metrics: readonly number[];
  /** Running statistics. */
  readonly state: readonly Float32Array[];
  /** How far all parameters moved in a step of plain SGD: their gradients. */
  readonly gradients: Float32Array;
}

async function oneStep(
  spatialRank: SpatialRank,
  checkpoint: boolean,
  microBatch?: number,
): Promise<Outcome> {
  const createEncoder = (): ReturnType<typeof resNet> =>
    resNet("resnet18", { spatialRank, width: 2, checkpoint, random: createRandom(1) });
  const encoder = createEncoder();
  const parts = {
    encoder,
    objective: moco({ encoder, createEncoder, features: 4, queueSize: 8 }),
    decoder: uNetDecoder({ encoder, channels: [8, 8, 4, 4, 4], checkpoint }),
    critic: patchCritic({ spatialRank, width: 2, checkpoint }),
    adversarialLoss: adversarialLoss("log"),
  };
  const generator = sgd({ parameters: generatorParameters(parts), momentum: 0 });
  const critic = sgd({ parameters: parts.critic.parameters, momentum: 0 });
  const weights = { discriminative: 1, restorative: 10, adversarial: 0.1 };
  const step = diraStep(parts, { generator, critic }, weights, { microBatch });
  const image = (seed: number): tf.Tensor =>
    tf.randomUniform([4, ...new Array<number>(spatialRank).fill(32), 1], 0, 1, "float32", seed);
  const moving = [...Object.values(step.parameters), ...Object.values(parts.critic.parameters)];
  const before = read(moving);
  const context = { learningRate: 1, criticLearningRate: 1, random: createRandom(5) };
  const metrics = await step.train({ views: [image(1), image(2)], target: image(3) }, context);
  const state = [encoder.buffers, parts.decoder.buffers, parts.objective.buffers];
  const gradients = read(moving).flatMap((now, v) => [
    ...now.map((x, i) => x - (before[v]?.[i] ?? NaN)),
  ]);
  return {
    metrics: Object.values(metrics),
    state: read(state.flatMap((record) => Object.values(record))),
    gradients: Float32Array.from(gradients),
  };
}

const read = (variables: readonly tf.Variable[]): Float32Array[] =>
  variables.map((v) => v.dataSync().slice() as Float32Array);

describe("checkpoint in encoder, decoder and critic", () => {
  it.each([
    ["in rank 2", 2, undefined],
    ["in rank 3", 3, undefined],
    ["in micro-batches", 2, 2],
  ] as const)(
    "law, %s: the same losses and running statistics, and gradients but for the order of sums",
    async (_, rank, microBatch) => {
      const kept = await oneStep(rank, true, microBatch);
      const plain = await oneStep(rank, false, microBatch);
      expect(kept.metrics).toEqual(plain.metrics);
      expect(kept.state).toEqual(plain.state);
      expect(relativeError(kept.gradients, plain.gradients)).toBeLessThan(1e-6);
    },
    60_000,
  );
});
