import * as tf from "@tensorflow/tfjs";
import {
  type Cell,
  changeRows,
  offersKernel,
  ownData,
  scaledSum,
  updateInPlace,
} from "./in-place.ts";

/** A parameter with its running averages and its gradient, all of one shape. */
export interface AdamTarget {
  readonly parameter: tf.Variable;
  /** m. */
  readonly firstMoment: tf.Variable;
  /** v. */
  readonly secondMoment: tf.Variable;
  readonly gradient: tf.Tensor;
}

/** The numbers of one step of {@link adamUpdate}. */
export interface AdamNumbers {
  /** γ. */
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** t, from 1. */
  readonly step: number;
  /** λ of `g ← g + λθ`. @defaultValue 0 */
  readonly weightDecay?: number;
  /** λ of `θ ← (1 − γλ)θ` (AdamW). @defaultValue 0 */
  readonly decoupledWeightDecay?: number;
}

const KERNEL = "DiraAdam";

/**
 * One step of Adam, or with decoupled decay AdamW, as PyTorch does it: `m ← β₁m + (1−β₁)g`,
 * `v ← β₂v + (1−β₂)g²`, `θ ← θ − γ/(1−β₁ᵗ) · m / (√v / √(1−β₂ᵗ) + ε)`.
 *
 * On `tensorflow` it runs in the memory of θ, m and v, vectors joined into one; an engine offers the
 * same by registering the kernel `DiraAdam` (θ, m, v, g of each target in turn; no outputs). Elsewhere
 * it is composed of basic operations. β₁ and β₂ are the nearest float32 numbers throughout, the
 * corrections 1 − βᵗ included: 1 − 0.999 in float32 would be off by 1e-5 of itself.
 *
 * @throws whatever the engine does; shapes are the caller's to check.
 * @see Kingma and Ba 2015, algorithm 1, https://arxiv.org/abs/1412.6980; Loshchilov and Hutter 2019,
 *   algorithm 2, https://arxiv.org/abs/1711.05101
 */
export function adamUpdate(targets: readonly AdamTarget[], numbers: AdamNumbers): void {
  const constants = constantsOf(numbers);
  if (!offersKernel(KERNEL, runAdam)) {
    for (const target of targets) tf.tidy(() => composed(target, constants));
    return;
  }
  ownData(targets.flatMap((t) => [t.parameter, t.firstMoment, t.secondMoment]));
  const inputs = targets.flatMap((t) => [
    t.parameter,
    t.firstMoment,
    t.secondMoment,
    t.gradient,
  ]) as object as tf.NamedTensorMap;
  tf.engine().runKernel(KERNEL, inputs, { ...constants });
}

/** What a step needs, with the corrections for the start folded into rate and ε. */
interface Constants {
  readonly beta1: number;
  readonly beta2: number;
  /** γ √(1−β₂ᵗ) / (1−β₁ᵗ). */
  readonly rate: number;
  /** ε √(1−β₂ᵗ). */
  readonly epsilon: number;
  readonly weightDecay: number;
  /** 1 − γλ. */
  readonly kept: number;
}

function constantsOf(numbers: AdamNumbers): Constants {
  const { learningRate, step, weightDecay = 0, decoupledWeightDecay = 0 } = numbers;
  const [beta1, beta2] = [Math.fround(numbers.beta1), Math.fround(numbers.beta2)];
  const root = Math.sqrt(1 - beta2 ** step);
  return {
    beta1,
    beta2,
    rate: (learningRate * root) / (1 - beta1 ** step),
    epsilon: numbers.epsilon * root,
    weightDecay,
    kept: 1 - learningRate * decoupledWeightDecay,
  };
}

function composed(
  { parameter, firstMoment: m, secondMoment: v, gradient }: AdamTarget,
  c: Constants,
): void {
  const g = c.weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, c.weightDecay));
  m.assign(tf.add(tf.mul(m, c.beta1), tf.mul(g, 1 - c.beta1)));
  v.assign(tf.add(tf.mul(v, c.beta2), tf.mul(tf.square(g), 1 - c.beta2)));
  const kept = c.kept === 1 ? parameter : tf.mul(parameter, c.kept);
  const move = tf.div(tf.mul(m, c.rate), tf.add(tf.sqrt(v), c.epsilon));
  parameter.assign(tf.sub(kept, move));
}

const runAdam: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const all = inputs as object as tf.TensorInfo[];
  const rows = all.flatMap((_, i) => (i % 4 === 0 ? [all.slice(i, i + 4)] : []));
  const { beta1, beta2, rate, epsilon, weightDecay, kept } = attrs as unknown as Constants;
  updateInPlace(backend, (inPlace) => {
    // TensorFlow's own correction is left out: both powers of β are 0.
    const numbers = [0, 0, rate, beta1, beta2, epsilon].map((x) => inPlace.scalar(x));
    const [lambda, keep] = [weightDecay, kept].map((x) => inPlace.scalar(x)) as [number, number];
    changeRows(inPlace, backend, rows, 3, (row) => {
      const [parameter, m, v, gradient] = row as [Cell, Cell, Cell, Cell];
      const decayed = weightDecay === 0 ? [] : scaledSum(inPlace, gradient, lambda, parameter);
      if (kept !== 1) inPlace.replace(parameter, "Mul", [parameter.id, keep]);
      inPlace.write([parameter, m, v], (handles) => {
        inPlace.execute("ResourceApplyAdam", [...handles, ...numbers, decayed[0] ?? gradient.id], {
          outputs: 0,
        });
      });
      inPlace.free(decayed);
    });
  });
  return [];
};
