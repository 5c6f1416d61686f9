import type { Mode, Variables } from "@dira/nn";
import type { Random } from "@dira/random";
import type * as tf from "@tensorflow/tfjs";

/** Feature maps by stage name, as an encoder gives them. */
export type FeatureMaps = Readonly<Record<string, tf.Tensor>>;

/** What an objective needs to know of an encoder; any encoder of these packages fits. */
export interface ObjectiveEncoder {
  readonly parameters: Variables;
  readonly buffers: Variables;
  /** From the finest to the coarsest. */
  readonly stages: readonly { readonly name: string; readonly channels: number }[];
  /** The feature maps of a batch of images, by stage. */
  apply(x: tf.Tensor, mode: Mode): FeatureMaps;
}

/** What surrounds one evaluation of an objective. */
export interface ObjectiveContext {
  /** `"infer"` in validation: nothing may change then. */
  readonly mode: Mode;
  /** This step's own random numbers. */
  readonly random: Random;
  /** Share of the training that is done, from 0 to 1, for schedules of momentum or temperature. @defaultValue 0 */
  readonly progress?: number | undefined;
  /** Classes of the images, `int32` `[N]`, for objectives that classify (pseudo-labels). */
  readonly labels?: tf.Tensor | undefined;
}

/** Tensors computed before the gradient is recorded: constants to it by construction. */
export type Targets = Readonly<Record<string, tf.Tensor>>;

/** What an objective says of a batch. */
export interface ObjectiveResult {
  readonly loss: tf.Scalar;
  /** Further scalars worth a line in the log, e.g. `embedding_std`. */
  readonly metrics: Readonly<Record<string, tf.Scalar>>;
  /** Detached tensors that {@link Objective.commit} needs beside the targets, e.g. this step's embeddings. */
  readonly remember?: Targets;
}

/**
 * A discriminative objective: the D of DiRA. A new method is one object of this shape.
 *
 * A training step calls {@link Objective.targets} outside the gradient, {@link Objective.loss} inside
 * it, and {@link Objective.commit} after the optimiser has moved the parameters. Validation calls
 * the first two with `mode: "infer"` and never commits.
 */
export interface Objective {
  readonly name: string;
  /** How many views of each image it needs. */
  readonly views: number;
  /** Of its heads; the optimiser's. */
  readonly parameters: Variables;
  /** Running statistics of its heads. */
  readonly buffers: Variables;
  /** What else must survive a restart: a momentum twin, a queue. */
  readonly state: Variables;
  /**
   * What the loss is when nothing was learnt, of a batch of so many images: a loss that stays there is a
   * sign of trouble. Left out where there is no such number.
   */
  chance?(images: number): number;
  /** Computes what the loss compares with. The step disposes of it after {@link Objective.commit}. */
  targets(views: readonly tf.Tensor[], context: ObjectiveContext): Targets;
  /**
   * The loss of a batch, inside the gradient.
   *
   * @param encode - feature maps of a view (from 0), computed once per step and shared with the
   *   restorative part.
   */
  loss(
    encode: (view: number) => FeatureMaps,
    targets: Targets,
    context: ObjectiveContext,
  ): ObjectiveResult;
  /**
   * Moves the state on: the twin follows the new parameters, the queue takes the new keys.
   *
   * @param targets - those of the step, and what {@link ObjectiveResult.remember} held.
   */
  commit(targets: Targets, context: ObjectiveContext): void;
}
