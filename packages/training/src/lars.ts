import { euclideanNorm, momentumUpdate, type MomentumTarget } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { checkGradients, checkRange, companions, type Optimiser } from "./optimiser.ts";
import {
  isVector,
  type OptimiserOptions,
  type ParameterGroup,
  resolveGroups,
} from "./parameter-groups.ts";

/** A group of {@link lars}. */
export interface LarsGroup extends ParameterGroup {
  /** Whether the ratio of norms scales each parameter's gradient. @defaultValue true */
  readonly adapt?: boolean;
}

/** Options of {@link lars}. */
export interface LarsOptions extends OptimiserOptions<LarsGroup> {
  /** μ above 0. @defaultValue 0.9 */
  readonly momentum?: number;
  /** η, the trust coefficient. @defaultValue 0.001 */
  readonly eta?: number;
  /** λ. @defaultValue 1e-6 */
  readonly weightDecay?: number;
  /** @defaultValue {@link BARLOW_TWINS_GROUPS} */
  readonly groups?: readonly LarsGroup[];
}

/**
 * Biases and norms as Barlow Twins' code has them: no decay, no adaptation, and the learning rate
 * 0.0048 where weights have 0.2.
 */
export const BARLOW_TWINS_GROUPS: readonly LarsGroup[] = [
  { parameters: isVector, learningRateFactor: 0.0048 / 0.2, weightDecay: 0, adapt: false },
];

/**
 * Layer-wise adaptive rate scaling, for large batches: `g ← g + λθ`, `q = η‖θ‖₂ / ‖g‖₂` (1 where
 * either norm is 0), `b ← μb + qg`, `θ ← θ − γb`, where the norms are those of one parameter.
 *
 * Defaults, order and exceptions are those of Barlow Twins' code: the momentum holds gradients without
 * the learning rate, and η‖θ‖/‖g‖ takes the decayed gradient's norm. (You et al. write
 * η‖θ‖/(‖g‖ + λ‖θ‖), and put the rate into the momentum.) Its state is `mu.<parameter>`.
 *
 * @throws Error for options out of range.
 * @see You et al. 2017, algorithm 1, https://arxiv.org/abs/1708.03888; Zbontar et al. 2021, section 2.2,
 *   https://arxiv.org/abs/2103.03230, and `LARS` in https://github.com/facebookresearch/barlowtwins
 */
export function lars(options: LarsOptions): Optimiser {
  const { parameters, momentum = 0.9, eta = 1e-3 } = options;
  checkRange("lars", "momentum", momentum, [Number.MIN_VALUE, Infinity]);
  checkRange("lars", "eta", eta);
  const groups = resolveGroups("lars", {
    weightDecay: 1e-6,
    groups: BARLOW_TWINS_GROUPS,
    ...options,
  });
  const state = companions("mu", parameters);
  const optimiser: Optimiser = {
    parameters,
    state,
    stepCount: 0,
    update(gradients, learningRate) {
      checkRange("lars", "learningRate", learningRate);
      checkGradients("lars", parameters, gradients);
      for (const { group, names, learningRateFactor, weightDecay } of groups) {
        const numbers = { learningRate: learningRate * learningRateFactor, momentum };
        const targets = names.map((name) => ({
          parameter: parameters[name] as tf.Variable,
          buffer: state[`mu.${name}`] as tf.Variable,
          gradient: gradients[name] as tf.Tensor,
        }));
        if (group?.adapt === false) momentumUpdate(targets, { ...numbers, weightDecay });
        else {
          for (const target of targets) {
            tf.tidy(() => momentumUpdate([adapted(target, weightDecay, eta)], numbers));
          }
        }
      }
      optimiser.stepCount += 1;
    },
    dispose: () => tf.dispose(state),
  };
  return optimiser;
}

/** With `q (g + λθ)` as its gradient. */
function adapted(target: MomentumTarget, weightDecay: number, eta: number): MomentumTarget {
  const { parameter, gradient: raw } = target;
  const gradient = weightDecay === 0 ? raw : tf.add(raw, tf.mul(parameter, weightDecay));
  const [own, its] = [euclideanNorm(parameter), euclideanNorm(gradient)];
  const isKnown = tf.logicalAnd(tf.greater(own, 0), tf.greater(its, 0));
  const ratio = tf.where(isKnown, tf.div(tf.mul(own, eta), its), 1);
  return { ...target, gradient: tf.mul(gradient, ratio) };
}
