import { type Encoder, resNet, uNetEncoder } from "@dira/backbones";
import { adversarialLoss, patchCritic } from "@dira/critic";
import { uNetDecoder } from "@dira/decoder";
import { startEngine } from "@dira/engine";
import { moco, type ObjectiveEncoder, transVw } from "@dira/objectives";
import type { Variables } from "@dira/nn";
import { createRandom } from "@dira/random";
import { profileMemory } from "@dira/tensor";
import { sgd } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import { type DiraParts, diraStep, generatorParameters } from "./index.ts";

/** A small version of a network, of the same structure. */
interface Network {
  readonly size: readonly number[];
  readonly parts: (checkpoint: boolean) => DiraParts & { readonly encoder: Encoder };
}

const random = createRandom(1);
const adversary = (spatialRank: 2 | 3, checkpoint: boolean) => ({
  critic: patchCritic({ spatialRank, width: 2, checkpoint, random }),
  adversarialLoss: adversarialLoss("log"),
});

const networks: Readonly<Record<string, Network>> = {
  "ResNet-50 U-Net with MoCo": {
    size: [32, 32],
    parts: (checkpoint) => {
      const createEncoder = () =>
        resNet("resnet50", { width: 2, inChannels: 1, checkpoint, random });
      const encoder = createEncoder();
      const twin = createEncoder as () => ObjectiveEncoder;
      return {
        encoder,
        // Splits draw a permutation of the keys.
        objective: moco({
          encoder,
          createEncoder: twin,
          features: 4,
          queueSize: 8,
          bnSplits: 2,
          random,
        }),
        decoder: uNetDecoder({ encoder, channels: [8, 8, 4, 4, 4], checkpoint, random }),
        ...adversary(2, checkpoint),
      };
    },
  },
  "3D U-Net with TransVW": {
    size: [4, 8, 4],
    parts: (checkpoint) => {
      const encoder = uNetEncoder({ width: 2, levels: 2, checkpoint, random });
      return {
        encoder,
        objective: transVw({ encoder, spatialRank: 3, hiddenChannels: 8, words: 4, random }),
        decoder: uNetDecoder({ encoder, design: "genesis", checkpoint, random }),
        ...adversary(3, checkpoint),
      };
    },
  },
};

interface Outcome {
  readonly metrics: Readonly<Record<string, number>>;
  /** Parameters after a step of plain SGD, which holds the gradients. */
  readonly parameters: readonly number[][];
  /** Running statistics, twin and queue. */
  readonly state: readonly number[][];
  /** Random numbers that the step drew, and the one that it would draw next. */
  readonly draws: readonly number[];
  /** Largest of any gradient. */
  readonly retained: number;
}

type AllParts = { [Name in keyof DiraParts]-?: NonNullable<DiraParts[Name]> };

/** Its objective draws from the step's random numbers in each of its calls. */
function drawing(parts: DiraParts, draws: number[]): DiraParts {
  const { objective } = parts as AllParts;
  return {
    ...parts,
    objective: {
      ...objective,
      targets: (views, context) => (
        draws.push(context.random.uniform()),
        objective.targets(views, context)
      ),
      loss: (encode, targets, context) => (
        draws.push(context.random.uniform()),
        objective.loss(encode, targets, context)
      ),
    },
  };
}

async function oneStep(
  network: Network,
  checkpoint: boolean,
  microBatch?: number,
): Promise<Outcome> {
  const draws: number[] = [];
  const parts = drawing(network.parts(checkpoint), draws);
  const { encoder, objective, decoder, critic } = parts as AllParts;
  const optimisers = {
    generator: sgd({ parameters: generatorParameters(parts), momentum: 0 }),
    critic: sgd({ parameters: critic.parameters, momentum: 0 }),
  };
  const weights = { discriminative: 1, restorative: 10, adversarial: 0.1 };
  const step = diraStep(parts, optimisers, weights, { microBatch });
  const image = (seed: number): tf.Tensor =>
    tf.randomUniform([4, ...network.size, 1], 0, 1, "float32", seed);
  const batch = {
    views: [image(1), image(2)],
    target: image(3),
    labels: tf.tensor1d([0, 3, 1, 2], "int32"),
  };
  const context = { learningRate: 0.1, criticLearningRate: 0.1, random: createRandom(5) };
  const { result: metrics, gradients } = await profileMemory(() => step.train(batch, context));
  const read = (...records: Variables[]): number[][] =>
    records.flatMap((record) => Object.values(record).map((v) => [...v.dataSync()]));
  const outcome = {
    metrics,
    parameters: read(step.parameters, critic.parameters),
    state: read(encoder.buffers, objective.buffers, objective.state, decoder.buffers),
    draws: [...draws, context.random.uniform()],
    retained: Math.max(...gradients.map((gradient) => gradient.retained.bytes)),
  };
  tf.dispose([batch.views, batch.target, batch.labels]);
  return outcome;
}

describe.each(await enginesHere())("checkpoint in encoder, decoder and critic, on %s", (engine) => {
  beforeAll(() => startEngine(engine));
  afterAll(() => tf.disposeVariables());

  it.each([
    ["ResNet-50 U-Net with MoCo", "whole batches", undefined],
    ["ResNet-50 U-Net with MoCo", "micro-batches", 2],
    ["3D U-Net with TransVW", "whole batches", undefined],
    ["3D U-Net with TransVW", "micro-batches", 2],
  ] as const)(
    "law, %s, %s: the same bits with and without; less is retained",
    async (name, _, microBatch) => {
      const network = networks[name] as Network;
      const { retained, ...plain } = await oneStep(network, false, microBatch);
      const { retained: less, ...kept } = await oneStep(network, true, microBatch);
      expect(kept).toEqual(plain);
      expect(less).toBeLessThan(0.8 * retained);
    },
  );
});
