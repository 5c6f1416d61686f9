import { resNet } from "@dira/backbones";
import { type AdversarialForm, adversarialLoss, patchCritic } from "@dira/critic";
import { uNetDecoder } from "@dira/decoder";
import { loadWeights, prefixed, toTorchLayout, type Variables } from "@dira/nn";
import { moco } from "@dira/objectives";
import { createRandom } from "@dira/random";
import { adam, type Optimiser, sgd } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import { type DiraParts, diraStep, type DiraStep, generatorParameters } from "../src/index.ts";
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

/** Learning rates of the generator, and of the critic, which Adam always moves. */
export const RATES = { adam: 2e-4, sgd: 0.03 } as const;

/** Runs the steps of a case on the stored start and batch, on the engine that is set. */
export async function train(golden: Golden, { stage, optimiser }: Case): Promise<Trained> {
  const parts = build(golden.shape, stage, optimiser === "adam" ? "log" : "least-squares");
  const variables = variablesOf(parts);
  loadWeights(variables, pick(golden.tensors, variables));
  const [start, gradients]: [Values, Values] = [read(variables), {}];
  const step = compose(parts, { stage, optimiser }, gradients);
  const view = (kind: string): tf.Tensor => imageOf(golden.tensors[`batch/0/${kind}`]);
  const batch = { views: [view("view1"), view("view2")], target: view("target") };
  const context = {
    learningRate: RATES[optimiser],
    criticLearningRate: RATES.adam,
    random: createRandom("parity"),
  };
  const losses: Record<string, number>[] = [];
  let statistics: Values = {};
  for (let i = 0; i < golden.shape.steps; i += 1) {
    losses.push(await step.train(batch, context));
    if (i === 0) statistics = read(only(variables, (name) => name.includes(".running_")));
  }
  const trained = { losses, gradients, statistics, start, final: read(variables) };
  tf.dispose([batch.views, batch.target, variables]);
  return trained;
}

function build(shape: Shape, stage: Case["stage"], form: AdversarialForm): DiraParts {
  const { width, features, momentum, queue: queueSize } = shape;
  const createEncoder = (): ReturnType<typeof resNet> => resNet("resnet18", { width });
  const encoder = createEncoder();
  const objective = moco({ encoder, createEncoder, features, queueSize, momentum });
  if (stage === "d") return { encoder, objective };
  const decoder = uNetDecoder({ encoder, channels: shape.decoder });
  if (stage === "dr") return { encoder, objective, decoder };
  const critic = patchCritic({ width: shape.criticWidth });
  return { encoder, objective, decoder, critic, adversarialLoss: adversarialLoss(form) };
}

/** Composes the step with optimisers that note the first gradients they are given. */
function compose(parts: DiraParts, { stage, optimiser }: Case, gradients: Values): DiraStep {
  const byAdam = (parameters: Variables): Optimiser => adam({ parameters, betas: [0.5, 0.999] });
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
    discriminative: 1,
    restorative: stage === "d" ? 0 : 10,
    adversarial: stage === "dra" ? 0.001 : 0,
  };
  return diraStep(parts, { generator, critic }, weights);
}

/** Every variable by the reference's name. */
function variablesOf(parts: DiraParts): Variables {
  const { encoder, objective, decoder, critic } = parts;
  return {
    ...prefixed("encoder", { ...encoder.parameters, ...encoder.buffers }),
    ...objective?.parameters,
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

/** `[N, 1, H, W]` and `[N, H, W, 1]` lie in memory alike. */
function imageOf(stored: Stored[string] | undefined): tf.Tensor4D {
  if (stored === undefined) throw new Error("The reference has no such batch.");
  const [n = 0, , height = 0, width = 0] = stored.shape;
  return tf.tensor4d(Float32Array.from(stored.data), [n, height, width, 1]);
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
