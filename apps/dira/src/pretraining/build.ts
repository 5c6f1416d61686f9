import { resNet } from "@dira/backbones";
import { adversarialLoss, patchCritic } from "@dira/critic";
import { uNetDecoder } from "@dira/decoder";
import { type DiraParts, type DiraWeights, generatorParameters } from "@dira/dira";
import { prefixed, type Variables } from "@dira/nn";
import { createRandom } from "@dira/random";
import {
  adam,
  adamW,
  constant,
  cosine,
  lars,
  type Optimiser,
  type Schedule,
  sgd,
} from "@dira/training";
import type { Config, Stage } from "../config.ts";
import type { ObjectiveMaker } from "../objectives/recipe-file.ts";

/** Every part that any stage uses. */
export type AllParts = { readonly [Name in keyof DiraParts]-?: NonNullable<DiraParts[Name]> };

/** The parts of a run, initialised from its seed. */
export function buildParts(config: Config, makeObjective: ObjectiveMaker): AllParts {
  const random = createRandom(config.seed, "weights");
  const { checkpoint } = config.memory;
  const createEncoder = (): ReturnType<typeof resNet> =>
    resNet(config.arch, { checkpoint, random: random.derive("encoder") });
  const encoder = createEncoder();
  const objective = makeObjective({ encoder, createEncoder, random: random.derive("objective") });
  return {
    encoder,
    objective,
    decoder: uNetDecoder({ encoder, checkpoint, random: random.derive("decoder") }),
    critic: patchCritic({ checkpoint, random: random.derive("critic") }),
    adversarialLoss: adversarialLoss(config.adversarial),
  };
}

/** The weights of a stage: D alone, with R, with A. */
export function stageWeights({ weights }: Config, stage: Stage): DiraWeights {
  return {
    discriminative: weights.discriminative,
    restorative: stage === "d" ? 0 : weights.restorative,
    adversarial: stage === "dra" ? weights.adversarial : 0,
  };
}

/** The parts that a stage uses: a weight of 0 leaves its part out. */
export function stageParts(parts: AllParts, weights: DiraWeights): DiraParts {
  return {
    encoder: parts.encoder,
    objective: weights.discriminative > 0 ? parts.objective : undefined,
    decoder: weights.restorative + weights.adversarial > 0 ? parts.decoder : undefined,
    critic: weights.adversarial > 0 ? parts.critic : undefined,
    adversarialLoss: parts.adversarialLoss,
  };
}

/** Optimisers start afresh in each stage. */
export function buildOptimisers(
  config: Config,
  parts: DiraParts,
): { generator: Optimiser; critic?: Optimiser } {
  const kinds = { adam, adamw: adamW, sgd, lars };
  const make = (options: Config["generator"], parameters: Variables): Optimiser =>
    kinds[options.kind]({ parameters, ...options });
  const generator = make(config.generator, generatorParameters(parts));
  if (parts.critic === undefined) return { generator };
  return { generator, critic: make(config.critic, parts.critic.parameters) };
}

/** The learning rate over a stage; a cosine changes it each epoch, as the authors do. */
export function buildSchedule(
  options: Config["generator"],
  steps: number,
  stepsPerEpoch: number,
): Schedule {
  if (options.schedule === "constant") return constant(options.learningRate);
  return cosine({ base: options.learningRate, steps, every: stepsPerEpoch });
}

/** Encoder and decoder under the names of segmentation_models_pytorch's `Unet`. */
export function exportedVariables(parts: AllParts): Variables {
  const { encoder, decoder } = parts;
  return {
    ...prefixed("encoder", encoder.parameters),
    ...prefixed("encoder", encoder.buffers),
    ...decoder.parameters,
    ...decoder.buffers,
  };
}
