import * as tf from "@tensorflow/tfjs";
import {
  checkRange,
  companions,
  type DecayOptions,
  moveAll,
  type Optimiser,
  type Variables,
} from "./optimiser.ts";

/** Options of {@link sgd}. */
export interface SgdOptions extends DecayOptions {
  readonly parameters: Variables;
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
  checkRange("sgd", "weightDecay", options.weightDecay ?? 0);
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new Error(
      `sgd: \`nesterov\` needs momentum above 0 and dampening 0, got ${momentum} and ${dampening}.`,
    );
  }
  const state = momentum === 0 ? {} : companions("momentum_buffer", parameters);
  const optimiser: Optimiser = {
    parameters,
    state,
    stepCount: 0,
    update(gradients, learningRate) {
      checkRange("sgd", "learningRate", learningRate);
      const [mu, tau, rate] = [
        tf.scalar(momentum),
        tf.scalar(1 - dampening),
        tf.scalar(learningRate),
      ];
      const isFirst = optimiser.stepCount === 0;
      try {
        moveAll("sgd", parameters, gradients, options, (parameter, gradient, name) => {
          const buffer = state[`momentum_buffer.${name}`];
          if (isFirst) buffer?.assign(gradient);
          else {
            const added = dampening === 0 ? gradient : tf.mul(gradient, tau);
            buffer?.assign(tf.add(tf.mul(buffer, mu), added));
          }
          const velocity = buffer ?? gradient;
          const move = nesterov ? tf.add(gradient, tf.mul(velocity, mu)) : velocity;
          parameter.assign(tf.sub(parameter, tf.mul(move, rate)));
        });
      } finally {
        tf.dispose([mu, tau, rate]);
      }
      optimiser.stepCount += 1;
    },
    dispose: () => tf.dispose(state),
  };
  return optimiser;
}
