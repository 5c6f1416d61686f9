// What is timed: each case builds its networks on the engine in use and gives one training step.
import { resNet, uNetEncoder } from "@dira/backbones";
import { adversarialLoss, patchCritic } from "@dira/critic";
import { uNetDecoder } from "@dira/decoder";
import { diraStep, generatorParameters, gradientsOf, withChannels } from "@dira/dira";
import { linear, prefixed } from "@dira/nn";
import { moco, transVw } from "@dira/objectives";
import { createRandom } from "@dira/random";
import { globalAveragePool, meanSquaredError } from "@dira/tensor";
import { adam } from "@dira/training";
import * as tf from "@tensorflow/tfjs";

/** What makes each case, of a batch size or its own. */
const makers = {
  "resnet18-128": (batch = 32) => classifier("resnet18", [128, 128], batch),
  "resnet50-224": (batch = 8) => classifier("resnet50", [224, 224], batch),
  "u-net-2d": (batch = 8) => restorer("resnet50", [224, 224], batch),
  "u-net-3d": (batch = 4) => restorer("resnet18", [64, 64, 32], batch),
  "dira-step": (batch = 8) => dira("resnet50", 224, batch, 65536),
  "dira-3d": (batch = 8) => volumes([32, 64, 64], batch, false),
  "dira-3d-checkpoint": (batch = 8) => volumes([32, 64, 64], batch, true),
  "dira-tiny": (batch = 4) => dira("resnet18", 32, batch, 64),
  "dira-3d-tiny": (batch = 2) => volumes([16, 16, 16], batch, false),
  "dira-soak": (batch = 4) => dira("resnet18", 64, batch, 64),
};

/** A case by its name, of a batch size other than its own where one is given. */
export const caseOf = (name, batch) => makers[name](batch);

/** The cases by name; `reference` are the options of `bench_step.py` for the same step. */
export const cases = Object.fromEntries(Object.keys(makers).map((name) => [name, caseOf(name)]));

/** Those of sizes that training has. */
export const byDefault = Object.keys(makers).filter((name) => !/-(tiny|soak)$/.test(name));

const random = createRandom("bench");
const betas = [0.5, 0.999];
const inChannels = 3;
const images = (batch, size, seed) => tf.randomUniform([batch, ...size, 1], 0, 1, "float32", seed);

/** Encoder, average pooling, ten classes, cross-entropy, Adam. */
function classifier(arch, size, batch) {
  const build = () => {
    const encoder = resNet(arch, { spatialRank: size.length, inChannels, random });
    const last = encoder.stages.at(-1);
    const head = linear({ inFeatures: last.channels, outFeatures: 10, random });
    const parameters = { ...encoder.parameters, ...prefixed("head", head.parameters) };
    const x = images(batch, size, 1);
    const classes = Int32Array.from({ length: batch }, (_, i) => i % 10);
    const labels = tf.oneHot(tf.tensor1d(classes, "int32"), 10);
    return trainer(parameters, () => {
      const maps = encoder.apply(withChannels(x, inChannels), "train");
      const logits = head.apply(globalAveragePool(maps[last.name]), "train");
      return tf.losses.softmaxCrossEntropy(labels, logits);
    });
  };
  return {
    what: `${arch}, classification`,
    arch,
    size,
    batch,
    build,
    reference: ["--task", "classify"],
  };
}

/** Encoder and U-Net decoder, mean squared error, Adam. */
function restorer(arch, size, batch) {
  const build = () => {
    const encoder = resNet(arch, { spatialRank: size.length, inChannels, random });
    const decoder = uNetDecoder({ encoder, random });
    const x = images(batch, size, 1);
    return trainer({ ...encoder.parameters, ...decoder.parameters }, () => {
      const maps = encoder.apply(withChannels(x, inChannels), "train");
      return meanSquaredError(decoder.apply(maps, "train"), x);
    });
  };
  return {
    what: `${arch} U-Net, restoration`,
    arch,
    size,
    batch,
    build,
    reference: ["--task", "restore"],
  };
}

/** The whole step: D (MoCo v2), R and A, Adam. */
function dira(arch, side, batch, queueSize) {
  const size = [side, side];
  const build = () => {
    const createEncoder = () => resNet(arch, { inChannels, random });
    const encoder = createEncoder();
    const parts = {
      encoder,
      decoder: uNetDecoder({ encoder, random }),
      critic: patchCritic({ random }),
      adversarialLoss: adversarialLoss("log"),
      objective: moco({ encoder, createEncoder, queueSize, random }),
    };
    const step = diraStep(parts, {
      generator: adam({ parameters: generatorParameters(parts), betas }),
      critic: adam({ parameters: parts.critic.parameters, betas }),
    });
    const [view1, view2, target] = [1, 2, 3].map((seed) => images(batch, size, seed));
    const context = { learningRate: 2e-4, criticLearningRate: 2e-4, random };
    return () => step.train({ views: [view1, view2], target }, context);
  };
  const reference = ["--task", "dira", "--queue", String(queueSize)];
  return { what: `DiRA (D+R+A) on a ${arch} U-Net`, arch, size, batch, build, reference };
}

/** The whole step in 3D: D (TransVW, 44 words), R and A on the published U-Net, Adam. */
function volumes(size, batch, checkpoint) {
  const build = () => {
    const encoder = uNetEncoder({ checkpoint, random });
    const parts = {
      encoder,
      decoder: uNetDecoder({ encoder, design: "genesis", checkpoint, random }),
      critic: patchCritic({ spatialRank: 3, checkpoint, random }),
      adversarialLoss: adversarialLoss("log"),
      objective: transVw({ encoder, spatialRank: 3, random }),
    };
    const optimisers = {
      generator: adam({ parameters: generatorParameters(parts) }),
      critic: adam({ parameters: parts.critic.parameters, betas }),
    };
    const weights = { discriminative: 1, restorative: 100, adversarial: 1 };
    const step = diraStep(parts, optimisers, weights);
    const [view, target] = [1, 2].map((seed) => images(batch, size, seed));
    const words = Int32Array.from({ length: batch }, (_, i) => (7 * i) % 44);
    const labels = tf.tensor1d(words, "int32");
    const context = { learningRate: 1e-3, criticLearningRate: 2e-4, random };
    return () => step.train({ views: [view], target, labels }, context);
  };
  const how = checkpoint ? ", checkpointed" : "";
  return {
    what: `DiRA (D+R+A) with TransVW on the 3D U-Net${how}`,
    ...{ arch: "u-net", size, batch, build, reference: ["--task", "dira"] },
  };
}

function trainer(parameters, loss) {
  const optimiser = adam({ parameters, betas });
  return async () => {
    const value = tf.tidy(() => {
      const { gradients, scalars } = gradientsOf(parameters, () => ({ scalars: { loss: loss() } }));
      optimiser.update(gradients, 2e-4);
      return scalars.loss;
    });
    await value.data();
    value.dispose();
  };
}
