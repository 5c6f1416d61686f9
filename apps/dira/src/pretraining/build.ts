import { type Encoder, resNet, uNetEncoder } from "@dira/backbones";
import { adversarialLoss, patchCritic } from "@dira/critic";
import { uNetDecoder } from "@dira/decoder";
import { type DiraParts, type DiraWeights, generatorParameters } from "@dira/dira";
import { prefixed, type Variables } from "@dira/nn";
import type { Objective } from "@dira/objectives";
import { createRandom, type Random } from "@dira/random";
import { adam, adamW, lars, type Optimiser, sgd } from "@dira/training";
import { type Config, type Stage } from "../config/index.ts";
import { VIEWS } from "../config/transform.ts";
import type { ObjectiveMaker } from "../objectives/recipe-file.ts";
import { UsageError } from "../usage-error.ts";

/** Every part that any stage uses. */
export type AllParts = {
  readonly [Name in Exclude<keyof DiraParts, "objective">]-?: NonNullable<DiraParts[Name]>;
} & {
  /** None where its weight is 0. */
  readonly objective?: Objective | undefined;
};

/**
 * The parts of a run, initialised from its seed.
 *
 * @param classes - of the images, where they have some: visual words.
 * @throws UsageError when the objective and the transform do not go together.
 */
export function buildParts(
  config: Config,
  makeObjective: ObjectiveMaker,
  classes?: number,
): AllParts {
  const { spatialRank, memory } = config;
  const { checkpoint } = memory;
  const random = createRandom(config.seed, "weights");
  const createEncoder = (): Encoder => encoderOf(config, random.derive("encoder"));
  const encoder = createEncoder();
  const parts = { encoder, createEncoder, spatialRank, classes };
  const objective = makeObjective({ ...parts, random: random.derive("objective") });
  checkObjective(config, objective);
  return {
    encoder,
    objective,
    decoder: uNetDecoder({
      encoder,
      design: config.decoder,
      checkpoint,
      random: random.derive("decoder"),
    }),
    critic: patchCritic({ spatialRank, checkpoint, random: random.derive("critic") }),
    adversarialLoss: adversarialLoss(config.adversarial, config),
  };
}

function encoderOf({ arch, spatialRank, width, stride, memory }: Config, random: Random): Encoder {
  const { checkpoint } = memory;
  if (arch === "u-net") {
    return uNetEncoder({ spatialRank, ...(width && { width }), pool: stride, checkpoint, random });
  }
  return resNet(arch, {
    spatialRank,
    inChannels: spatialRank === 2 ? 3 : 1,
    ...(width && { width }),
    stemStride: stride,
    checkpoint,
    random,
  });
}

function checkObjective({ transform, weights }: Config, objective: Objective | undefined): void {
  if (objective === undefined) {
    if (weights.discriminative === 0) return;
    throw new UsageError(
      "The objective is none, so `weights.discriminative` must be 0; or choose an --objective.",
    );
  }
  const views = VIEWS[transform.kind];
  if (objective.views <= views) return;
  throw new UsageError(
    `The objective ${objective.name} compares ${objective.views} views of an image, and the transform ${transform.kind} gives ${views}. Choose another: --set 'transform={"kind":"dira","flip":"aligned","overlap":"apart"}'.`,
  );
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

/**
 * Encoder and decoder under the names of segmentation_models_pytorch's `Unet`, or of Models Genesis' weights, whose
 * encoder has no prefix.
 */
export function exportedVariables(
  { encoder, decoder }: AllParts,
  design: Config["decoder"],
): Variables {
  const named = (variables: Variables): Variables =>
    design === "genesis" ? variables : prefixed("encoder", variables);
  return {
    ...named(encoder.parameters),
    ...named(encoder.buffers),
    ...decoder.parameters,
    ...decoder.buffers,
  };
}
