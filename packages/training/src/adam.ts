import { adamUpdate } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { checkGradients, checkRange, companions, type Optimiser } from "./optimiser.ts";
import { type OptimiserOptions, resolveGroups } from "./parameter-groups.ts";

/** Options of {@link adam} and {@link adamW}. */
export interface AdamOptions extends OptimiserOptions {
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
  return create("adam", options, "weightDecay");
}

/**
 * Adam with decoupled weight decay, as `torch.optim.AdamW`: `θ ← (1 − γλ)θ` instead of `g ← g + λθ`,
 * then as {@link adam}, with the same state.
 *
 * @param options - `weightDecay` λ is 0.01 unless given (PyTorch).
 * @throws Error for options out of range.
 * @see Loshchilov and Hutter 2019, algorithm 2, https://arxiv.org/abs/1711.05101
 * @see https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html
 */
export function adamW(options: AdamOptions): Optimiser {
  return create("adamW", { weightDecay: 1e-2, ...options }, "decoupledWeightDecay");
}

function create(
  where: string,
  options: AdamOptions,
  decay: "weightDecay" | "decoupledWeightDecay",
): Optimiser {
  const { parameters, betas = [0.9, 0.999], epsilon = 1e-8 } = options;
  const [beta1, beta2] = betas;
  checkRange(where, "betas[0]", beta1, [0, 1]);
  checkRange(where, "betas[1]", beta2, [0, 1]);
  checkRange(where, "epsilon", epsilon);
  const groups = resolveGroups(where, options);
  const first = companions("exp_avg", parameters);
  const second = companions("exp_avg_sq", parameters);
  const optimiser: Optimiser = {
    parameters,
    state: { ...first, ...second },
    stepCount: 0,
    update(gradients, learningRate) {
      checkRange(where, "learningRate", learningRate);
      checkGradients(where, parameters, gradients);
      const step = optimiser.stepCount + 1;
      for (const { names, learningRateFactor, weightDecay } of groups) {
        const targets = names.map((name) => ({
          parameter: parameters[name] as tf.Variable,
          firstMoment: first[`exp_avg.${name}`] as tf.Variable,
          secondMoment: second[`exp_avg_sq.${name}`] as tf.Variable,
          gradient: gradients[name] as tf.Tensor,
        }));
        const rate = learningRate * learningRateFactor;
        const numbers = { learningRate: rate, beta1, beta2, epsilon, step };
        adamUpdate(targets, { ...numbers, [decay]: weightDecay });
      }
      optimiser.stepCount = step;
    },
    dispose: () => tf.dispose({ ...first, ...second }),
  };
  return optimiser;
}
