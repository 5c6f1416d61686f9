import { type Decoder, restorationLoss } from "@dira/decoder";
import type { FeatureMaps } from "@dira/backbones";
import type { ObjectiveContext, Targets } from "@dira/objectives";
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
  const encode = memoised((view) => {
    const x = batch.views[view];
    if (x === undefined) {
      throw new DiraError(
        `diraStep: the objective asks for view ${view}, the batch has ${batch.views.length}.`,
      );
    }
    return parts.encoder.apply(x as FeatureMap, context.mode);
  });
  const scalars: Record<string, tf.Scalar> = {};
  const terms: tf.Scalar[] = [];
  let remember: Targets = {};
  if (parts.objective !== undefined) {
    const { loss, metrics, ...rest } = parts.objective.loss(encode, targets, context);
    remember = rest.remember ?? {};
    Object.assign(scalars, { loss_dis: loss }, metrics);
    terms.push(tf.mul(loss, weights.discriminative));
  }
  const restored = restore(parts.decoder, encode, context);
  if (restored !== undefined) {
    const loss = restorationLoss(restored, targetOf(batch));
    scalars["loss_res"] = loss;
    if (weights.restorative > 0) terms.push(tf.mul(loss, weights.restorative));
  }
  if (restored !== undefined && parts.critic !== undefined && parts.adversarialLoss !== undefined) {
    const loss = parts.adversarialLoss.generator(parts.critic.apply(restored, context.mode));
    scalars["loss_adv"] = loss;
    terms.push(tf.mul(loss, weights.adversarial));
  }
  const loss = terms.reduce((sum, term) => tf.add(sum, term));
  return {
    scalars: { loss, ...scalars },
    remember,
    ...(restored === undefined ? {} : { restored }),
  };
}

/** The critic's loss on real targets and (constant) restorations; empty without a critic. */
export function criticLosses(
  parts: DiraParts,
  batch: DiraBatch,
  restored: tf.Tensor | undefined,
  mode: ObjectiveContext["mode"],
): { loss_critic: tf.Scalar } | undefined {
  const { critic, adversarialLoss } = parts;
  if (critic === undefined || adversarialLoss === undefined || restored === undefined)
    return undefined;
  const real = critic.apply(targetOf(batch), mode);
  const fake = critic.apply(restored, mode);
  return { loss_critic: adversarialLoss.critic(real, fake) };
}

function restore(
  decoder: Decoder | undefined,
  encode: (view: number) => FeatureMaps,
  context: ObjectiveContext,
): tf.Tensor | undefined {
  return decoder?.apply(encode(0), context.mode);
}

function targetOf(batch: DiraBatch): tf.Tensor {
  if (batch.target === undefined) {
    throw new DiraError(
      "diraStep: restoration needs `batch.target`, the undistorted view 1; got none.",
    );
  }
  return batch.target;
}

function memoised(encode: (view: number) => FeatureMaps): (view: number) => FeatureMaps {
  const done = new Map<number, FeatureMaps>();
  return (view) => {
    const maps = done.get(view) ?? encode(view);
    done.set(view, maps);
    return maps;
  };
}
