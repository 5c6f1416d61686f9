import type { FeatureMaps } from "@dira/backbones";
import { restorationLoss } from "@dira/decoder";
import type { Mode } from "@dira/nn";
import type { ObjectiveContext, ObjectiveResult, Targets } from "@dira/objectives";
import type { Random } from "@dira/random";
import { DiraError, type FeatureMap } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import type { DiraBatch, DiraParts, DiraWeights } from "./dira-step.ts";

/** The generator's losses of a batch; `restored` is x̂ of view 1 where there is a decoder. */
export interface GeneratorPass {
  readonly scalars: { readonly loss: tf.Scalar } & Readonly<Record<string, tf.Scalar>>;
  readonly restored?: tf.Tensor;
  /** What the objective's commit needs of the pass. */
  readonly remember?: Targets;
}

/**
 * `L = λ_dis · L_dis + λ_res · L_res + λ_adv · L_adv` of the parts in use.
 *
 * @param targets - the objective's, computed outside the gradient.
 */
export function generatorLosses(
  parts: DiraParts,
  weights: DiraWeights,
  batch: DiraBatch,
  targets: Targets,
  context: ObjectiveContext,
): GeneratorPass {
  const encode = encodeOnce(parts, batch, context.mode);
  const discriminative = parts.objective?.loss(encode, targets, context);
  const restorative = restorativeLosses(parts, weights, batch, encode, context.mode);
  const terms = [
    ...(discriminative === undefined
      ? []
      : [tf.mul(discriminative.loss, weights.discriminative) as tf.Scalar]),
    ...restorative.terms,
  ];
  const loss = terms.reduce((sum, term) => tf.add(sum, term));
  return {
    scalars: { loss, ...discriminativeScalars(discriminative), ...restorative.scalars },
    remember: discriminative?.remember ?? {},
    ...(restorative.restored === undefined ? {} : { restored: restorative.restored }),
  };
}

/** `loss_dis` and the objective's own metrics. */
export function discriminativeScalars(
  result: ObjectiveResult | undefined,
): Record<string, tf.Scalar> {
  return result === undefined ? {} : { loss_dis: result.loss, ...result.metrics };
}

/** R and A of a batch: what they add to the loss, and what was restored. */
export interface RestorativePass {
  /** `λ_res · L_res` and `λ_adv · L_adv`, those in use. */
  readonly terms: readonly tf.Scalar[];
  readonly scalars: Readonly<Record<string, tf.Scalar>>;
  readonly restored?: tf.Tensor;
}

/** Restores view 1 and measures it against its target; empty without a decoder. */
export function restorativeLosses(
  { decoder, critic, adversarialLoss }: DiraParts,
  weights: DiraWeights,
  batch: DiraBatch,
  encode: Encode,
  mode: Mode,
): RestorativePass {
  if (decoder === undefined) return { terms: [], scalars: {} };
  const restored = decoder.apply(encode(0), mode);
  const loss_res = restorationLoss(restored, targetOf(batch));
  const terms: tf.Scalar[] = weights.restorative > 0 ? [tf.mul(loss_res, weights.restorative)] : [];
  if (critic === undefined || adversarialLoss === undefined)
    return { terms, scalars: { loss_res }, restored };
  const loss_adv = adversarialLoss.generator(critic.apply(restored, mode));
  terms.push(tf.mul(loss_adv, weights.adversarial));
  return { terms, scalars: { loss_res, loss_adv }, restored };
}

/** Of the critic's step. */
export interface CriticLosses {
  /** L_C, its penalty included. */
  readonly loss_critic: tf.Scalar;
  /** What the penalty adds to L_C, where the adversarial loss has one. */
  readonly critic_penalty?: tf.Scalar;
}

/**
 * The critic's loss on real targets and (constant) restorations; empty without a critic.
 *
 * @param random - of the penalty, which draws from it image by image: the parts of a batch, in order, share it.
 */
export function criticLosses(
  parts: DiraParts,
  batch: DiraBatch,
  restored: tf.Tensor | undefined,
  mode: ObjectiveContext["mode"],
  random: Random,
): CriticLosses | undefined {
  const { critic, adversarialLoss } = parts;
  if (critic === undefined || adversarialLoss === undefined || restored === undefined)
    return undefined;
  const target = targetOf(batch);
  const score = (images: tf.Tensor): tf.Tensor => critic.apply(images, mode);
  const loss = adversarialLoss.critic(score(target), score(restored));
  const critic_penalty = adversarialLoss.penalty?.(score, target, restored, random);
  return critic_penalty === undefined
    ? { loss_critic: loss }
    : { loss_critic: tf.add(loss, critic_penalty), critic_penalty };
}

/** The stream of what is random about a critic's step; it leaves the step's own where it is. */
export function criticRandom(random: Random): Random {
  return random.derive("critic");
}

function targetOf(batch: DiraBatch): tf.Tensor {
  if (batch.target === undefined) {
    throw new DiraError(
      "diraStep: restoration needs `batch.target`, the undistorted view 1; got none.",
    );
  }
  return batch.target;
}

/** Feature maps of a view. */
export type Encode = (view: number) => FeatureMaps;

/** Encodes each view of a batch once, when it is first asked for. */
export function encodeOnce({ encoder }: DiraParts, { views }: DiraBatch, mode: Mode): Encode {
  return memoised((view) => encoder.apply(viewOf(views, view) as FeatureMap, mode));
}

/** The same, each view once. */
export function memoised(encode: Encode): Encode {
  const done = new Map<number, FeatureMaps>();
  return (view) => {
    const maps = done.get(view) ?? encode(view);
    done.set(view, maps);
    return maps;
  };
}

/** @throws DiraError when the batch has fewer views than the objective asks for. */
export function viewOf(views: readonly tf.Tensor[], view: number): tf.Tensor {
  const x = views[view];
  if (x !== undefined) return x;
  throw new DiraError(
    `diraStep: the objective asks for view ${view}, the batch has ${views.length}.`,
  );
}
