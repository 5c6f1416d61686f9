import * as tf from "@tensorflow/tfjs";
import { companions, gradientFor, type Optimiser, type Variables } from "./optimiser.ts";

/** Options of {@link adam}. */
export interface AdamOptions {
  readonly parameters: Variables;
  /** β₁ and β₂. @defaultValue [0.9, 0.999] */
  readonly betas?: readonly [number, number];
  /** ε, added outside the root. @defaultValue 1e-8 (PyTorch) */
  readonly epsilon?: number;
  /** L2 penalty added to the gradient. @defaultValue 0 */
  readonly weightDecay?: number;
}

/**
 * Adam as `torch.optim.Adam`: `m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`,
 * `θ ← θ − γ/(1−β₁ᵗ) · m / (√v / √(1−β₂ᵗ) + ε)`.
 *
 * @see Kingma and Ba 2015, algorithm 1, https://arxiv.org/abs/1412.6980
 */
export function adam(options: AdamOptions): Optimiser {
  const { parameters, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0 } = options;
  const [beta1, beta2] = betas;
  const zeros = (v: tf.Variable): tf.Variable => tf.tidy(() => tf.variable(tf.zerosLike(v), false));
  const first = companions(zeros, "exp_avg", parameters);
  const second = companions(zeros, "exp_avg_sq", parameters);
  return {
    parameters,
    state: { ...first, ...second },
    stepCount: 0,
    update(gradients, learningRate) {
      this.stepCount += 1;
      const step = learningRate / (1 - beta1 ** this.stepCount);
      const correction = 1 / Math.sqrt(1 - beta2 ** this.stepCount);
      for (const [name, parameter] of Object.entries(parameters)) {
        tf.tidy(() => {
          const raw = gradientFor("adam", name, gradients);
          const gradient = weightDecay === 0 ? raw : tf.add(raw, tf.mul(parameter, weightDecay));
          const m = first[`exp_avg.${name}`] as tf.Variable;
          const v = second[`exp_avg_sq.${name}`] as tf.Variable;
          m.assign(tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1)));
          v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
          const denominator = tf.add(tf.mul(tf.sqrt(v), correction), epsilon);
          parameter.assign(tf.sub(parameter, tf.mul(tf.div(m, denominator), step)));
        });
      }
    },
  };
}
