import type { Variables } from "@dira/nn";
import type { Targets } from "@dira/objectives";
import { DiraError, valueAndGradients } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import type { GeneratorPass } from "./losses.ts";

/** A forward pass and the gradient of its loss, by the variables' own names. */
export interface GradientPass extends GeneratorPass {
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
}

/**
 * Runs `forward` and gives what it returned with the gradient of its `loss`.
 *
 * All tensors belong to the tidy around the call.
 *
 * @throws DiraError naming a variable that the loss does not depend on.
 */
export function gradientsOf(variables: Variables, forward: () => GeneratorPass): GradientPass {
  const kept: GeneratorPass[] = [];
  const { gradients } = valueAndGradients(() => {
    const pass = forward();
    // The tape's own tidy would dispose of all but the loss.
    const { scalars, restored, remember = {} } = pass;
    for (const tensor of [...Object.values(scalars), restored, ...Object.values(remember)]) {
      if (tensor !== undefined) tf.keep(tensor);
    }
    kept.push(pass);
    return pass.scalars.loss;
  }, Object.values(variables));
  const pass = kept[0] as GeneratorPass;
  const handOverAll = <T extends tf.Tensor>(record: Readonly<Record<string, T>>): object =>
    Object.fromEntries(Object.entries(record).map(([name, kept]) => [name, handOver(kept)]));
  const scalars = handOverAll(pass.scalars) as GeneratorPass["scalars"];
  const remember = handOverAll(pass.remember ?? {}) as Targets;
  const restored = pass.restored === undefined ? {} : { restored: handOver(pass.restored) };
  return { scalars, remember, ...restored, gradients: byName(variables, gradients) };
}

/** Turns a kept tensor into one that the tidy around disposes of. */
function handOver<T extends tf.Tensor>(kept: T): T {
  const tracked = tf.clone(kept);
  kept.dispose();
  return tracked as T;
}

function byName(
  variables: Variables,
  gradients: readonly (tf.Tensor | undefined)[],
): Record<string, tf.Tensor> {
  const entries = Object.keys(variables).map((name, i): [string, tf.Tensor] => {
    const gradient = gradients[i];
    if (gradient === undefined) {
      throw new DiraError(
        `The loss does not depend on \`${name}\`: no gradient reaches it. Leave its part out, or give its loss a weight above 0.`,
      );
    }
    return [name, gradient];
  });
  return Object.fromEntries(entries);
}
