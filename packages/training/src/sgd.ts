import * as tf from "@tensorflow/tfjs";
import { companions, gradientFor, type Optimiser, type Variables } from "./optimiser.ts";

/** Options of {@link sgd}. */
export interface SgdOptions {
  readonly parameters: Variables;
  /** μ. @defaultValue 0 */
  readonly momentum?: number;
  /** Adds this times the weight to each gradient, biases and norms included as in PyTorch. @defaultValue 0 */
  readonly weightDecay?: number;
  /** @defaultValue false */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent as `torch.optim.SGD`: `g ← g + λθ`, `b ← μb + g`, `θ ← θ − γb`
 * (Nesterov: `θ ← θ − γ(g + μb)`).
 *
 * @see https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export function sgd(options: SgdOptions): Optimiser {
  const { parameters, momentum = 0, weightDecay = 0, nesterov = false } = options;
  const zeros = (v: tf.Variable): tf.Variable => tf.tidy(() => tf.variable(tf.zerosLike(v), false));
  const state = momentum === 0 ? {} : companions(zeros, "momentum_buffer", parameters);
  return {
    parameters,
    state,
    stepCount: 0,
    update(gradients, learningRate) {
      for (const [name, parameter] of Object.entries(parameters)) {
        tf.tidy(() => {
          const raw = gradientFor("sgd", name, gradients);
          const gradient = weightDecay === 0 ? raw : tf.add(raw, tf.mul(parameter, weightDecay));
          const buffer = state[`momentum_buffer.${name}`];
          buffer?.assign(tf.add(tf.mul(buffer, momentum), gradient));
          const velocity = buffer ?? gradient;
          const move = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
          parameter.assign(tf.sub(parameter, tf.mul(move, learningRate)));
        });
      }
      this.stepCount += 1;
    },
  };
}
