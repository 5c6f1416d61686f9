// The training steps whose memory is measured.
import { resNet, uNetEncoder } from "@dira/backbones";
import { adversarialLoss, patchCritic } from "@dira/critic";
import { uNetDecoder } from "@dira/decoder";
import { diraStep, generatorParameters } from "@dira/dira";
import { moco, transVw } from "@dira/objectives";
import { createRandom } from "@dira/random";
import { adam } from "@dira/training";
import * as tf from "@tensorflow/tfjs";

const random = createRandom("bench");

/** By name: what it is, image size, batch, micro-batch, and parts and weights with or without `checkpoint`. */
export const cases = {
  "resnet50-2d": {
    what: "ResNet-50 U-Net, D (MoCo v2, queue 65,536) + R + A",
    size: [224, 224],
    batch: 8,
    microBatch: 2,
    weights: { discriminative: 1, restorative: 10, adversarial: 0.001 },
    parts: (checkpoint) => {
      const createEncoder = () => resNet("resnet50", { inChannels: 1, checkpoint, random });
      const encoder = createEncoder();
      return {
        encoder,
        objective: moco({ encoder, createEncoder, random }),
        decoder: uNetDecoder({ encoder, checkpoint, random }),
        critic: patchCritic({ checkpoint, random }),
        adversarialLoss: adversarialLoss("log"),
      };
    },
  },
  "u-net-3d": {
    what: "3D U-Net, D (TransVW, 44 words) + R + A",
    size: [64, 64, 32],
    batch: 4,
    microBatch: 2,
    weights: { discriminative: 1, restorative: 100, adversarial: 1 },
    parts: (checkpoint) => {
      const encoder = uNetEncoder({ checkpoint, random });
      return {
        encoder,
        objective: transVw({ encoder, spatialRank: 3, random }),
        decoder: uNetDecoder({ encoder, design: "genesis", checkpoint, random }),
        critic: patchCritic({ spatialRank: 3, checkpoint, random }),
        adversarialLoss: adversarialLoss("log"),
      };
    },
  },
};

/** A training step of a case, on one batch, and all variables that it changes. */
export function buildStep(name, { checkpoint, microBatch, batch }) {
  const { size, parts: make, weights } = cases[name];
  const parts = make(checkpoint);
  const optimisers = {
    generator: adam({ parameters: generatorParameters(parts), betas: [0.5, 0.999] }),
    critic: adam({ parameters: parts.critic.parameters, betas: [0.5, 0.999] }),
  };
  const step = diraStep(parts, optimisers, weights, { microBatch });
  const image = (seed) => tf.randomUniform([batch, ...size, 1], 0, 1, "float32", seed);
  const words = Int32Array.from({ length: batch }, (_, i) => (7 * i) % 44);
  const views = [1, 2].slice(0, parts.objective.views).map(image);
  const images = { views, target: image(3), labels: tf.tensor1d(words, "int32") };
  const context = { learningRate: 2e-4, criticLearningRate: 2e-4, random };
  const { encoder, objective, decoder, critic } = parts;
  const records = [step.parameters, critic.parameters, objective.state].concat(
    [encoder, objective, decoder].map(({ buffers }) => buffers),
  );
  const variables = records.flatMap((record) => Object.values(record));
  return { step: () => step.train(images, context), variables };
}
