import { resNet } from "@dira/backbones";
import { adversarialLoss, patchCritic } from "@dira/critic";
import { uNetDecoder } from "@dira/decoder";
import { moco } from "@dira/objectives";
import { createRandom, type Random } from "@dira/random";
import { adam } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import {
  type DiraBatch,
  type DiraMetrics,
  diraStep,
  type DiraWeights,
  generatorParameters,
} from "../src/index.ts";

/** A run that is the same wherever it runs: weights, images and distortions come from keys. */
export interface EngineRun {
  readonly steps: number;
  /** Side of the square images. */
  readonly side: number;
  readonly batch: number;
  /** Of the ResNet-18; the decoder and the critic go with it. 64 is torchvision's. */
  readonly width: number;
  readonly weights: DiraWeights;
  /** Of the generator, and of the critic. */
  readonly learningRate: number;
}

/** Trains a ResNet-18 U-Net by MoCo, restoration and a critic on the engine in use; each step's metrics. */
export async function engineRun(options: EngineRun): Promise<DiraMetrics[]> {
  const { width, learningRate } = options;
  const createEncoder = (): ReturnType<typeof resNet> => resNet("resnet18", { width });
  const encoder = createEncoder();
  const channels = [4, 2, 1, 0.5, 0.25].map((share) => share * width);
  const all = {
    encoder,
    objective: moco({ encoder, createEncoder, features: 2 * width, queueSize: 16 * options.batch }),
    decoder: uNetDecoder({ encoder, channels }),
    critic: patchCritic({ width }),
    adversarialLoss: adversarialLoss("log"),
  };
  const { discriminative, restorative } = options.weights;
  const parts = {
    ...all,
    objective: discriminative > 0 ? all.objective : undefined,
    decoder: restorative > 0 ? all.decoder : undefined,
  };
  const optimisers = {
    generator: adam({ parameters: generatorParameters(parts), betas: [0.5, 0.999] }),
    critic: adam({ parameters: all.critic.parameters, betas: [0.5, 0.999] }),
  };
  const step = diraStep(all, optimisers, options.weights);
  const lines: DiraMetrics[] = [];
  for (let i = 0; i < options.steps; i += 1) {
    const random = createRandom("engine run", i);
    const batch = batchOf(options, random);
    const rates = { learningRate, criticLearningRate: learningRate };
    lines.push(await step.train(batch, { ...rates, random: random.derive("step") }));
    const { views, target } = batch;
    tf.dispose([...views, ...(target === undefined ? [] : [target])]);
  }
  return lines;
}

/** Two views of each image, each with noise and a painted square. */
function batchOf({ batch, side }: EngineRun, random: Random): DiraBatch {
  const shape = [batch, side, side, 1];
  const images = Array.from({ length: batch }, (_, n) => chest(side, random.derive("image", n)));
  const views = [1, 2].map((view) =>
    images.map((image, n) => distorted(image, side, random.derive("view", n, view))),
  );
  const tensor = (all: Float32Array[]): tf.Tensor =>
    tf.tensor(Float32Array.from(all.flatMap((image) => [...image])), shape);
  return { views: views.map(tensor), target: tensor(images) };
}

/** Two dark lungs and a bright nodule on a slope, in [0, 1]. */
function chest(side: number, random: Random): Float32Array {
  const ellipses = [0.3, 0.7].map((x) => ({
    x: x + random.uniform(-0.05, 0.05),
    y: random.uniform(0.4, 0.6),
    width: random.uniform(0.1, 0.18),
    height: random.uniform(0.2, 0.35),
    value: -0.45,
  }));
  const size = random.uniform(0.03, 0.08);
  const place = { x: random.uniform(0.2, 0.8), y: random.uniform(0.3, 0.7) };
  ellipses.push({ ...place, width: size, height: size, value: 0.3 });
  const slope = random.uniform(-0.2, 0.2);
  return Float32Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [(i % side) / side, Math.floor(i / side) / side];
    const inside = ellipses.filter(
      (e) => ((x - e.x) / e.width) ** 2 + ((y - e.y) / e.height) ** 2 < 1,
    );
    const value = inside.reduce((sum, e) => sum + e.value, 0.65 + slope * (y - 0.5));
    return Math.min(Math.max(value, 0), 1);
  });
}

function distorted(image: Float32Array, side: number, random: Random): Float32Array {
  const noise = new Float32Array(image.length);
  random.fillNormal(noise, 0, 0.05);
  const edge = Math.floor(side / 4);
  const [left, top] = [random.integer(0, side - edge), random.integer(0, side - edge)];
  const paint = random.uniform();
  return image.map((value, i) => {
    const [x, y] = [(i % side) - left, Math.floor(i / side) - top];
    const painted = x >= 0 && x < edge && y >= 0 && y < edge;
    return painted ? paint : value + (noise[i] ?? 0);
  });
}
