import { resNet } from "@dira/backbones";
import { type AdversarialForm, adversarialLoss, patchCritic } from "@dira/critic";
import { uNetDecoder } from "@dira/decoder";
import { loadWeights, prefixed, toTorchLayout, type Variables } from "@dira/nn";
import { moco } from "@dira/objectives";
import { createRandom } from "@dira/random";
import { adam, type Optimiser } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import { type DiraParts, diraStep, type DiraStep, generatorParameters } from "../src/index.ts";

/** The stages of DiRA: D, D + R, D + R + A. */
export type Stage = "d" | "dr" | "dra";

/** Values of tensors in PyTorch's layout, by the names of `tools/reference/README.md`. */
export type Values = Record<string, ArrayLike<number>>;

type Stored = Readonly<Record<string, { shape: readonly number[]; data: ArrayLike<number> }>>;

/** Networks as narrow as the stored reference's. */
export interface StepOptions {
  readonly stage: Stage;
  readonly momentum?: number;
  readonly adversarial?: AdversarialForm;
}

/** What a few steps of our packages gave, in float32. */
export interface Trained {
  /** Losses of each step. */
  readonly losses: Record<string, number>[];
  /** Of the first step. */
  readonly gradients: Values;
  /** Batch-norm statistics after the first step. */
  readonly statistics: Values;
  /** All weights, statistics, twin and queue after the last. */
  readonly final: Values;
}

/** Runs `steps` steps of DiRA on the stored start and batch, on the engine that is set. */
export async function train(start: Stored, options: StepOptions, steps: number): Promise<Trained> {
  const parts = build(options);
  const variables = variablesOf(parts);
  loadWeights(variables, pick(start, variables));
  const gradients: Values = {};
  const step = compose(parts, options.stage, gradients);
  const view = (kind: string): tf.Tensor => imageOf(start[`batch/0/${kind}`]);
  const batch = { views: [view("view1"), view("view2")], target: view("target") };
  const random = createRandom("parity");
  const losses: Record<string, number>[] = [];
  let statistics: Values = {};
  for (let i = 0; i < steps; i += 1) {
    const context = { learningRate: 2e-4, criticLearningRate: 2e-4, random };
    losses.push(await step.train(batch, context));
    if (i === 0) statistics = read(only(variables, (name) => name.includes(".running_")));
  }
  const trained = { losses, gradients, statistics, final: read(variables) };
  tf.dispose([batch.views, batch.target, variables]);
  return trained;
}

function build({ stage, momentum = 0.999, adversarial = "log" }: StepOptions): DiraParts {
  const createEncoder = (): ReturnType<typeof resNet> => resNet("resnet18", { width: 2 });
  const encoder = createEncoder();
  const objective = moco({ encoder, createEncoder, features: 8, queueSize: 16, momentum });
  if (stage === "d") return { encoder, objective };
  const decoder = uNetDecoder({ encoder, channels: [4, 4, 4, 2, 2] });
  if (stage === "dr") return { encoder, objective, decoder };
  const critic = patchCritic({ width: 2 });
  return { encoder, objective, decoder, critic, adversarialLoss: adversarialLoss(adversarial) };
}

/** Composes the step with optimisers that note the first gradients they are given. */
function compose(parts: DiraParts, stage: Stage, gradients: Values): DiraStep {
  const noting = (parameters: Variables, rename: (name: string) => string): Optimiser => {
    const inner = adam({ parameters, betas: [0.5, 0.999] });
    return {
      ...inner,
      update(given, learningRate) {
        for (const [name, gradient] of Object.entries(given)) {
          gradients[rename(name)] ??= valuesOf(name, gradient);
        }
        inner.update(given, learningRate);
      },
    };
  };
  const generator = noting(generatorParameters(parts), (name) => name.replace(/^objective\./, ""));
  const critic = parts.critic && noting(parts.critic.parameters, (name) => `critic.${name}`);
  const weights = {
    discriminative: 1,
    restorative: stage === "d" ? 0 : 10,
    adversarial: stage === "dra" ? 0.001 : 0,
  };
  return diraStep(parts, { generator, critic }, weights);
}

/** The stored start of every variable of a stage; the twin starts as a copy unless it is stored. */
export function startOf(start: Stored, options: StepOptions): Stored {
  const variables = variablesOf(build(options));
  const picked = pick(start, variables);
  tf.dispose(variables);
  return picked;
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

/** The stored start of these variables; the twin starts as a copy unless it is stored. */
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

/** Cuts a packed tensor into its parts: in order of name, each as long as in `like`. */
export function unpack(packed: ArrayLike<number> | undefined, like: Values): Values {
  const values = Array.from(packed ?? []);
  const parts: Values = {};
  let at = 0;
  for (const name of Object.keys(like).sort()) {
    const length = like[name]?.length ?? 0;
    parts[name] = values.slice(at, at + length);
    at += length;
  }
  if (at !== values.length) {
    throw new Error(`The reference holds ${values.length} values where ${at} are expected.`);
  }
  return parts;
}
