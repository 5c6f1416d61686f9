import type { Encoder } from "@dira/backbones";
import type { AdversarialLoss, Critic } from "@dira/critic";
import type { Decoder } from "@dira/decoder";
import { prefixed, type Variables } from "@dira/nn";
import type { Objective, ObjectiveContext } from "@dira/objectives";
import type { Random } from "@dira/random";
import { DiraError, type FeatureMap } from "@dira/tensor";
import type { Optimiser } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import { withChannels } from "./channels.ts";
import { gradientsOf } from "./gradients.ts";
import { heldOutLosses } from "./held-out-losses.ts";
import { type CriticLosses, criticLosses, criticRandom, generatorLosses } from "./losses.ts";
import {
  accumulatedGradients,
  type MicroBatch,
  microBatches,
  rowsOf,
  sumOf,
} from "./micro-batches.ts";

/** The weights λ of the three losses. A weight of 0 leaves its part out: it costs nothing. */
export interface DiraWeights {
  /** λ_dis. */
  readonly discriminative: number;
  /** λ_res. */
  readonly restorative: number;
  /** λ_adv. */
  readonly adversarial: number;
}

/** DiRA's weights in 2D (Haghighi et al. 2022, section 4). */
export const WEIGHTS_2D: DiraWeights = { discriminative: 1, restorative: 10, adversarial: 0.001 };

/** The parts that a step composes. */
export interface DiraParts {
  readonly encoder: Encoder;
  /** D. Needed when λ_dis > 0. */
  readonly objective?: Objective | undefined;
  /** R. Needed when λ_res or λ_adv > 0. */
  readonly decoder?: Decoder | undefined;
  /** A. Needed when λ_adv > 0. */
  readonly critic?: Critic | undefined;
  /** Needed when λ_adv > 0. */
  readonly adversarialLoss?: AdversarialLoss | undefined;
}

/** A batch on the engine. */
export interface DiraBatch {
  /** Distorted views `[N, …, c]`; c = 1 is repeated to what the encoder takes. */
  readonly views: readonly tf.Tensor[];
  /** View 1 before its distortion, `[N, …, C']`, what the decoder restores. */
  readonly target?: tf.Tensor | undefined;
  /** Classes of the images, `int32` `[N]`, for objectives that classify. */
  readonly labels?: tf.Tensor | undefined;
}

/** What one step needs besides the batch. */
export interface StepContext {
  /** Of the generator, for this step. */
  readonly learningRate: number;
  /** Of the critic. */
  readonly criticLearningRate: number;
  readonly random: Random;
  /** Share of the training that is done, 0 to 1, for schedules of the objective. @defaultValue 0 */
  readonly progress?: number;
}

/**
 * Scalars of one step: `loss`, `loss_dis`, `loss_res`, `loss_adv`, `loss_critic`, and the objective's; with a gradient
 * penalty `critic_penalty`, its part of `loss_critic`.
 */
export type DiraMetrics = Record<string, number>;

/** One training step of DiRA, and its evaluation. */
export interface DiraStep {
  /** What the generator's optimiser moves: `encoder.…`, the decoder's names, `objective.…`. */
  readonly parameters: Variables;
  /**
   * One step of the generator, one of the critic on the same restoration, then the objective's state.
   */
  train(batch: DiraBatch, context: StepContext): Promise<DiraMetrics>;
  /** The losses in inference mode, in micro-batches too: no weight, statistic, twin or queue changes. */
  evaluate(batch: DiraBatch, random: Random): Promise<DiraMetrics>;
  /** Restores a batch of views in inference mode: `[N, …, C']`. */
  restore(view: tf.Tensor): tf.Tensor;
}

/** Options of {@link diraStep}. */
export interface DiraStepOptions {
  /**
   * Images whose activations are held at once: a batch is worked through in parts of at most so many, of equal size
   * within one image, at the cost of one further forward pass of the encoder. L_dis and its heads see the whole
   * batch, L_res and L_adv are means over images; so the gradient is the whole batch's, but for batch norm in
   * encoder and decoder, which normalises each part, and moves its statistics once a part. See docs/memory.md.
   *
   * @defaultValue the whole batch
   */
  readonly microBatch?: number | undefined;
}

/** Who moves what. */
export interface DiraOptimisers {
  readonly generator: Optimiser;
  readonly critic?: Optimiser | undefined;
}

/** What the generator's optimiser has to move, by name. */
export function generatorParameters(
  parts: Pick<DiraParts, "encoder" | "decoder" | "objective">,
): Variables {
  return {
    ...prefixed("encoder", parts.encoder.parameters),
    ...parts.decoder?.parameters,
    ...prefixed("objective", parts.objective?.parameters ?? {}),
  };
}

/**
 * Composes encoder, objective, decoder and critic into one training step of
 * `L = λ_dis · L_dis + λ_res · L_res + λ_adv · L_adv`.
 *
 * View 1 is encoded once, for the objective and for the restoration. The critic's weights are
 * constants to the generator's step; the restoration is a constant to the critic's. Only view 1 is
 * restored. What a penalty of the critic draws comes from the step's `random`, image by image: the same in
 * evaluation each time, and in micro-batches what it is in the whole batch.
 *
 * @throws DiraError when a weight is above 0 and its part is missing, or `microBatch` is below 2; in training, when
 *   a batch of odd size meets a `microBatch` of 2, which would leave one image alone.
 * @see Haghighi et al. 2022, eq. 4 and section 3, https://arxiv.org/abs/2204.10437
 */
export function diraStep(
  parts: DiraParts,
  optimisers: DiraOptimisers,
  weights: DiraWeights = WEIGHTS_2D,
  { microBatch = Infinity }: DiraStepOptions = {},
): DiraStep {
  const used = usedParts(parts, weights);
  if (!(microBatch >= 2 && (microBatch === Infinity || Number.isInteger(microBatch)))) {
    throw new DiraError(
      `diraStep: \`microBatch\` must be a whole number of images from 2 on (batch norm needs two), got ${microBatch}.`,
    );
  }
  if (used.critic !== undefined && optimisers.critic === undefined) {
    throw new DiraError("diraStep: λ_adv > 0 needs `optimisers.critic`, got none.");
  }
  const parameters = generatorParameters(used);
  const widened = (batch: DiraBatch): DiraBatch => ({
    ...batch,
    views: batch.views.map((view) => withChannels(view, used.encoder.inChannels)),
  });
  return {
    parameters,
    train: (batch, context) =>
      readScalars(() => {
        const { random, progress } = context;
        const around: ObjectiveContext = { mode: "train", random, progress, labels: batch.labels };
        const input = widened(batch);
        const targets = used.objective?.targets(input.views, around) ?? {};
        const batches = microBatches(input, microBatch);
        const { gradients, scalars, restored, remember } =
          batches.length === 1
            ? gradientsOf(parameters, () => generatorLosses(used, weights, input, targets, around))
            : accumulatedGradients(used, weights, batches, targets, around);
        optimisers.generator.update(gradients, context.learningRate);
        const critic = trainCritic(used, optimisers.critic, batches, restored, context);
        used.objective?.commit({ ...targets, ...remember }, around);
        return { ...scalars, ...critic };
      }),
    evaluate: (batch, random) =>
      readScalars(() => {
        const context: ObjectiveContext = { mode: "infer", random, labels: batch.labels };
        const input = widened(batch);
        const targets = used.objective?.targets(input.views, context) ?? {};
        const batches = microBatches(input, microBatch, 1);
        return heldOutLosses(used, weights, batches, targets, context);
      }),
    restore: (view) => {
      const { encoder, decoder } = used;
      if (decoder === undefined) {
        throw new DiraError("restore: this step has no decoder, since λ_res and λ_adv are 0.");
      }
      return tf.tidy(() => {
        const x = withChannels(view, encoder.inChannels) as FeatureMap;
        return decoder.apply(encoder.apply(x, "infer"), "infer");
      });
    },
  };
}

/** One step of the critic on targets and restorations, which are constants here. */
function trainCritic(
  parts: DiraParts,
  optimiser: Optimiser | undefined,
  batches: readonly MicroBatch[],
  restored: tf.Tensor | undefined,
  context: StepContext,
): Record<string, tf.Scalar> {
  const { critic } = parts;
  if (critic === undefined || optimiser === undefined || restored === undefined) return {};
  const random = criticRandom(context.random);
  const { gradients, scalars } = sumOf(batches, (part) =>
    gradientsOf(critic.parameters, () => {
      const fake = rowsOf(restored, part.start, part.count);
      const losses = criticLosses(parts, part, fake, "train", random) as CriticLosses;
      return { scalars: { loss: tf.mul(losses.loss_critic, part.share), ...losses } };
    }),
  );
  optimiser.update(gradients, context.criticLearningRate);
  const { loss: _, ...named } = scalars;
  return named;
}

/** Runs a step in one tidy and reads all its scalars at once. */
async function readScalars(run: () => Record<string, tf.Scalar>): Promise<DiraMetrics> {
  let names: string[] = [];
  const stacked = tf.tidy(() => {
    const scalars = run();
    names = Object.keys(scalars);
    return tf.stack(Object.values(scalars));
  });
  const values = await stacked.data();
  stacked.dispose();
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? NaN]));
}

/** Drops the parts whose weight is 0, and refuses weights whose part is missing. */
function usedParts(parts: DiraParts, weights: DiraWeights): DiraParts {
  const { discriminative, restorative, adversarial } = weights;
  const need = (name: keyof DiraParts, weight: string): void => {
    if (parts[name] === undefined) {
      throw new DiraError(
        `diraStep: ${weight} > 0 needs \`parts.${name}\`, got none. Set the weight to 0 to leave it out.`,
      );
    }
  };
  for (const [name, weight] of Object.entries(weights)) {
    if (!(weight >= 0))
      throw new DiraError(`diraStep: weights must not be negative, got ${name} = ${weight}.`);
  }
  if (discriminative > 0) need("objective", "λ_dis");
  if (restorative + adversarial > 0) need("decoder", "λ_res or λ_adv");
  if (adversarial > 0) {
    need("critic", "λ_adv");
    need("adversarialLoss", "λ_adv");
  }
  if (discriminative + restorative + adversarial === 0) {
    throw new DiraError("diraStep: at least one weight must be above 0.");
  }
  return {
    encoder: parts.encoder,
    objective: discriminative > 0 ? parts.objective : undefined,
    decoder: restorative + adversarial > 0 ? parts.decoder : undefined,
    critic: adversarial > 0 ? parts.critic : undefined,
    adversarialLoss: parts.adversarialLoss,
  };
}
