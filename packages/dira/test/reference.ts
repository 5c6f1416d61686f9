import { type Encoder, resNet, uNetEncoder } from "@dira/backbones";
import { type AdversarialForm, adversarialLoss, patchCritic } from "@dira/critic";
import { type Decoder, uNetDecoder } from "@dira/decoder";
import { loadWeights, prefixed, toTorchLayout, type Variables } from "@dira/nn";
import { moco, type Objective, transVw } from "@dira/objectives";
import { createRandom } from "@dira/random";
import { adam, type Optimiser, sgd } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import {
  type DiraBatch,
  type DiraParts,
  diraStep,
  type DiraStep,
  generatorParameters,
} from "../src/index.ts";
import type { Golden, Shape, Values } from "./golden.ts";

/** A stage (D, D + R, D + R + A) and the generator's optimiser. */
export interface Case {
  readonly stage: "d" | "dr" | "dra";
  /** `adam` with the log form, as published; `sgd` with least squares, as in the authors' code. */
  readonly optimiser: "adam" | "sgd";
}

type Stored = Golden["tensors"];

/** What a few steps of our packages gave, in float32. */
export interface Trained {
  /** Losses of each step. */
  readonly losses: Record<string, number>[];
  /** Of the first step. */
  readonly gradients: Values;
  /** Batch-norm statistics after the first step. */
  readonly statistics: Values;
  /** All weights, statistics, twin and queue before the first step. */
  readonly start: Values;
  /** The same after the last. */
  readonly final: Values;
}

/** Biases that a norm takes away again: their true gradient is 0. */
export const cancelled = (name: string): boolean =>
  /^critic\.conv[234]\.bias$|\.ops\.\d\.conv1\.bias$|^(objective\.)?conv\.bias$/.test(name);

/** The learning rate of SGD; the critic is always moved by Adam. */
const SGD_RATE = 0.03;

/** Runs the steps of a case on the stored start and batch, on the engine that is set. */
export async function train(golden: Golden, { stage, optimiser }: Case): Promise<Trained> {
  const parts = build(golden.shape, stage, optimiser === "adam" ? "log" : "least-squares");
  const variables = variablesOf(parts);
  loadWeights(variables, pick(golden.tensors, variables));
  const [start, gradients]: [Values, Values] = [read(variables), {}];
  const step = compose(parts, golden.shape, { stage, optimiser }, gradients);
  const batch = batchOf(golden.tensors);
  const context = {
    learningRate: optimiser === "adam" ? golden.shape.rate : SGD_RATE,
    criticLearningRate: golden.shape.rate,
    random: createRandom("parity"),
  };
  const losses: Record<string, number>[] = [];
  let statistics: Values = {};
  for (let i = 0; i < golden.shape.steps; i += 1) {
    losses.push(await step.train(batch, context));
    if (i === 0) statistics = read(only(variables, (name) => name.includes(".running_")));
  }
  const trained = { losses, gradients, statistics, start, final: read(variables) };
  tf.dispose([[...batch.views], batch.target, batch.labels ?? [], variables]);
  return trained;
}

function build(shape: Shape, stage: Case["stage"], form: AdversarialForm): DiraParts {
  const { rank: spatialRank, width, levels } = shape;
  const createEncoder = (): Encoder =>
    shape.arch === "u-net"
      ? uNetEncoder({ spatialRank, width, levels })
      : resNet(shape.arch, { spatialRank, width });
  const encoder = createEncoder();
  const objective = objectiveOf(shape, encoder, createEncoder);
  if (stage === "d") return { encoder, objective };
  const decoder = decoderOf(shape, encoder);
  if (stage === "dr") return { encoder, objective, decoder };
  const critic = patchCritic({ spatialRank, width: shape.criticWidth });
  return { encoder, objective, decoder, critic, adversarialLoss: adversarialLoss(form) };
}

function objectiveOf(shape: Shape, encoder: Encoder, createEncoder: () => Encoder): Objective {
  const { features, momentum, queue: queueSize, words, hidden, rank: spatialRank } = shape;
  return shape.method === "moco"
    ? moco({ encoder, createEncoder, features, queueSize, momentum })
    : transVw({ encoder, spatialRank, words, hiddenChannels: hidden });
}

function decoderOf({ arch, decoder }: Shape, encoder: Encoder): Decoder {
  return arch === "u-net"
    ? uNetDecoder({ encoder, design: "genesis" })
    : uNetDecoder({ encoder, channels: decoder });
}

/** Composes the step with optimisers that note the first gradients they are given. */
function compose(
  parts: DiraParts,
  { weights: [discriminative, restorative, adversarial], betas }: Shape,
  { stage, optimiser }: Case,
  gradients: Values,
): DiraStep {
  const byAdam = (parameters: Variables): Optimiser => adam({ parameters, betas });
  const noting = (inner: Optimiser, rename: (name: string) => string): Optimiser => ({
    ...inner,
    update(given, learningRate) {
      for (const [name, gradient] of Object.entries(given)) {
        gradients[rename(name)] ??= valuesOf(name, gradient);
      }
      inner.update(given, learningRate);
    },
  });
  const moved = generatorParameters(parts);
  const generator = noting(
    optimiser === "adam"
      ? byAdam(moved)
      : sgd({ parameters: moved, momentum: 0.9, weightDecay: 1e-4 }),
    (name) => name.replace(/^objective\./, ""),
  );
  const critic =
    parts.critic && noting(byAdam(parts.critic.parameters), (name) => `critic.${name}`);
  const weights = {
    discriminative,
    restorative: stage === "d" ? 0 : restorative,
    adversarial: stage === "dra" ? adversarial : 0,
  };
  return diraStep(parts, { generator, critic }, weights);
}

/** Every variable by the reference's name. */
function variablesOf(parts: DiraParts): Variables {
  const { encoder, objective, decoder, critic } = parts;
  return {
    ...prefixed("encoder", { ...encoder.parameters, ...encoder.buffers }),
    ...objective?.parameters,
    ...objective?.buffers,
    ...objective?.state,
    ...decoder?.parameters,
    ...decoder?.buffers,
    ...prefixed("critic", critic?.parameters ?? {}),
  };
}

/** The stored start of these variables; the twin's starts as a copy where it is not stored. */
function pick(start: Stored, variables: Variables): Stored {
  return Object.fromEntries(
    Object.keys(variables).map((name) => {
      const stored = start[`init/${name}`] ?? start[`init/${name.replace(/^twin\./, "")}`];
      if (stored === undefined) throw new Error(`The reference has no init/${name}.`);
      return [name, stored];
    }),
  );
}

/** The first batch: one view, or two; the words where there are some. */
function batchOf(stored: Stored): DiraBatch & { readonly target: tf.Tensor } {
  const views = ["view1", "view2"].filter((view) => `batch/0/${view}` in stored);
  const words = stored["batch/0/words"];
  return {
    views: views.map((view) => imageOf(stored[`batch/0/${view}`])),
    target: imageOf(stored["batch/0/target"]),
    labels: words && tf.tensor1d(Int32Array.from(words.data), "int32"),
  };
}

/** `[N, 1, (D,) H, W]` and `[N, (D,) H, W, 1]` lie in memory alike. */
function imageOf(stored: Stored[string] | undefined): tf.Tensor {
  if (stored === undefined) throw new Error("The reference has no such batch.");
  const [n = 0, , ...sizes] = stored.shape;
  return tf.tensor(Float32Array.from(stored.data), [n, ...sizes, 1]);
}

function only(variables: Variables, wanted: (name: string) => boolean): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => wanted(name)));
}

function read(variables: Variables): Values {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [name, valuesOf(name, variable)]),
  );
}

function valuesOf(name: string, value: tf.Tensor): ArrayLike<number> {
  return tf.tidy(() => toTorchLayout(name, value).dataSync().slice());
}
