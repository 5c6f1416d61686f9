import * as tf from "@tensorflow/tfjs";
import {
  checkRange,
  companions,
  type DecayOptions,
  moveAll,
  type Optimiser,
  type Variables,
} from "./optimiser.ts";

/** Options of {@link adam}. */
export interface AdamOptions extends DecayOptions {
  readonly parameters: Variables;
  /** β₁ and β₂. @defaultValue [0.9, 0.999] */
  readonly betas?: readonly [number, number];
  /** ε, added outside the root. @defaultValue 1e-8 (PyTorch) */
  readonly epsilon?: number;
}

/**
 * Adam as `torch.optim.Adam`: `g ← g + λθ`, `m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`,
 * `θ ← θ − γ/(1−β₁ᵗ) · m / (√v / √(1−β₂ᵗ) + ε)`.
 *
 * Its state is `exp_avg.<parameter>` (m) and `exp_avg_sq.<parameter>` (v).
 *
 * @throws Error for options out of range.
 * @see Kingma and Ba 2015, algorithm 1, https://arxiv.org/abs/1412.6980
 * @see https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
 */
export function adam(options: AdamOptions): Optimiser {
  const { parameters, betas = [0.9, 0.999], epsilon = 1e-8 } = options;
  const [beta1, beta2] = betas;
  checkRange("adam", "betas[0]", beta1, [0, 1]);
  checkRange("adam", "betas[1]", beta2, [0, 1]);
  checkRange("adam", "epsilon", epsilon);
  checkRange("adam", "weightDecay", options.weightDecay ?? 0);
  const first = companions("exp_avg", parameters);
  const second = companions("exp_avg_sq", parameters);
  const optimiser: Optimiser = {
    parameters,
    state: { ...first, ...second },
    stepCount: 0,
    update(gradients, learningRate) {
      checkRange("adam", "learningRate", learningRate);
      const t = optimiser.stepCount + 1;
      const c = constants(beta1, beta2, epsilon, learningRate, t);
      try {
        moveAll("adam", parameters, gradients, options, (parameter, gradient, name) => {
          const m = first[`exp_avg.${name}`] as tf.Variable;
          const v = second[`exp_avg_sq.${name}`] as tf.Variable;
          m.assign(tf.add(tf.mul(m, c.beta1), tf.mul(gradient, c.rest1)));
          v.assign(tf.add(tf.mul(v, c.beta2), tf.mul(tf.square(gradient), c.rest2)));
          const denominator = tf.add(tf.div(tf.sqrt(v), c.rootBias2), c.epsilon);
          parameter.assign(tf.sub(parameter, tf.mul(tf.div(m, denominator), c.rate)));
        });
      } finally {
        tf.dispose(c);
      }
      optimiser.stepCount = t;
    },
    dispose: () => tf.dispose({ ...first, ...second }),
  };
  return optimiser;
}

/** The scalars of step `t`, made once for all parameters. */
function constants(
  beta1: number,
  beta2: number,
  epsilon: number,
  learningRate: number,
  t: number,
): Record<"beta1" | "rest1" | "beta2" | "rest2" | "rootBias2" | "epsilon" | "rate", tf.Scalar> {
  return {
    beta1: tf.scalar(beta1),
    rest1: tf.scalar(1 - beta1),
    beta2: tf.scalar(beta2),
    rest2: tf.scalar(1 - beta2),
    rootBias2: tf.scalar(Math.sqrt(1 - beta2 ** t)),
    epsilon: tf.scalar(epsilon),
    rate: tf.scalar(learningRate / (1 - beta1 ** t)),
  };
}
