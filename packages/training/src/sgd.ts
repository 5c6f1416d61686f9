import { momentumUpdate } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import {
  checkGradients,
  checkRange,
  companions,
  type Gradients,
  type Optimiser,
  type Variables,
} from "./optimiser.ts";
import { type OptimiserOptions, type ResolvedGroup, resolveGroups } from "./parameter-groups.ts";

/** Options of {@link sgd}. */
export interface SgdOptions extends OptimiserOptions {
  /** μ. @defaultValue 0 */
  readonly momentum?: number;
  /** τ: damps what a gradient adds to the buffer, from the second step. @defaultValue 0 */
  readonly dampening?: number;
  /** @defaultValue false */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent as `torch.optim.SGD`: `g ← g + λθ`, `b ← μb + (1−τ)g` (at the first step
 * `b ← g`), `θ ← θ − γb` (Nesterov: `θ ← θ − γ(g + μb)`).
 *
 * Its state is `momentum_buffer.<parameter>`, none without momentum.
 *
 * @throws Error for options out of range, e.g. Nesterov without momentum or with dampening.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export function sgd(options: SgdOptions): Optimiser {
  const { parameters, momentum = 0, dampening = 0, nesterov = false } = options;
  checkRange("sgd", "momentum", momentum);
  if (!Number.isFinite(dampening)) {
    throw new Error(`sgd: \`dampening\` must be a finite number, got ${dampening}.`);
  }
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new Error(
      `sgd: \`nesterov\` needs momentum above 0 and dampening 0, got ${momentum} and ${dampening}.`,
    );
  }
  const groups = resolveGroups("sgd", options);
  const state = momentum === 0 ? {} : companions("momentum_buffer", parameters);
  const optimiser: Optimiser = {
    parameters,
    state,
    stepCount: 0,
    update(gradients, learningRate) {
      checkRange("sgd", "learningRate", learningRate);
      checkGradients("sgd", parameters, gradients);
      // The buffers start at 0, so that the first step's b is g.
      const added = optimiser.stepCount === 0 ? 1 : 1 - dampening;
      for (const group of groups) {
        const rate = learningRate * group.learningRateFactor;
        if (momentum === 0) descend(parameters, gradients, group, rate);
        else accumulate(parameters, state, gradients, group, { rate, momentum, nesterov, added });
      }
      optimiser.stepCount += 1;
    },
    dispose: () => tf.dispose(state),
  };
  return optimiser;
}

function descend(
  parameters: Variables,
  gradients: Gradients,
  { names, weightDecay }: ResolvedGroup,
  rate: number,
): void {
  for (const name of names) {
    tf.tidy(() => {
      const parameter = parameters[name] as tf.Variable;
      const raw = gradients[name] as tf.Tensor;
      const gradient = weightDecay === 0 ? raw : tf.add(raw, tf.mul(parameter, weightDecay));
      parameter.assign(tf.sub(parameter, tf.mul(gradient, rate)));
    });
  }
}

function accumulate(
  parameters: Variables,
  state: Variables,
  gradients: Gradients,
  { names, weightDecay }: ResolvedGroup,
  n: { rate: number; momentum: number; nesterov: boolean; added: number },
): void {
  tf.tidy(() => {
    const targets = names.map((name) => {
      const gradient = gradients[name] as tf.Tensor;
      return {
        parameter: parameters[name] as tf.Variable,
        buffer: state[`momentum_buffer.${name}`] as tf.Variable,
        gradient: n.added === 1 ? gradient : tf.mul(gradient, n.added),
      };
    });
    momentumUpdate(targets, {
      learningRate: n.rate,
      momentum: n.momentum,
      nesterov: n.nesterov,
      weightDecay: weightDecay * n.added,
    });
  });
}
