import type { ObjectiveContext, Targets } from "@dira/objectives";
import * as tf from "@tensorflow/tfjs";
import type { DiraParts, DiraWeights } from "./dira-step.ts";
import {
  criticLosses,
  criticRandom,
  discriminativeScalars,
  encodeOnce,
  type GeneratorPass,
  memoised,
  restorativeLosses,
} from "./losses.ts";
import { lastStage, type MicroBatch, onlyStage, sumOf } from "./micro-batches.ts";

/**
 * The losses of held-out images in inference mode, where images do not see each other in the networks: those of the whole
 * batch, with the activations of one micro-batch at a time.
 *
 * @param targets - the objective's, of the whole batch.
 */
export function heldOutLosses(
  parts: DiraParts,
  weights: DiraWeights,
  batches: readonly MicroBatch[],
  targets: Targets,
  context: ObjectiveContext,
): GeneratorPass["scalars"] {
  const { encoder, objective } = parts;
  const [first, ...others] = batches;
  const whole = first !== undefined && others.length === 0 ? first : undefined;
  const encode =
    whole === undefined
      ? memoised((view) => onlyStage(encoder, lastStage(encoder, batches, view, context.mode)))
      : encodeOnce(parts, whole, context.mode);
  const discriminative = objective?.loss(encode, targets, context);
  const random = criticRandom(context.random);
  const restorative = sumOf(batches, (part) => {
    const encodePart = part === whole ? encode : encodeOnce(parts, part, context.mode);
    const pass = restorativeLosses(parts, weights, part, encodePart, context.mode);
    const loss = pass.terms.reduce<tf.Tensor>((sum, term) => tf.add(sum, term), tf.scalar(0));
    const critic = criticLosses(parts, part, pass.restored, context.mode, random);
    return { gradients: {}, scalars: { loss: loss as tf.Scalar, ...pass.scalars, ...critic } };
  });
  const { loss: rest, ...scalars } = restorative.scalars as GeneratorPass["scalars"];
  const loss = tf.add(rest, tf.mul(discriminative?.loss ?? 0, weights.discriminative));
  return { loss: loss as tf.Scalar, ...discriminativeScalars(discriminative), ...scalars };
}
