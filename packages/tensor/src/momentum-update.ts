import * as tf from "@tensorflow/tfjs";
import {
  type Cell,
  changeRows,
  offersKernel,
  ownData,
  scaledSum,
  updateInPlace,
} from "./in-place.ts";

/** A parameter with its momentum buffer and its gradient, all of one shape. */
export interface MomentumTarget {
  readonly parameter: tf.Variable;
  /** b. */
  readonly buffer: tf.Variable;
  readonly gradient: tf.Tensor;
}

/** The numbers of {@link momentumUpdate}. */
export interface MomentumNumbers {
  /** γ. */
  readonly learningRate: number;
  /** μ above 0. */
  readonly momentum: number;
  /** @defaultValue false */
  readonly nesterov?: boolean;
  /** λ. @defaultValue 0 */
  readonly weightDecay?: number;
}

const KERNEL = "DiraMomentum";

/**
 * One step of gradient descent with momentum, as PyTorch does it: `g ← g + λθ`, `b ← μb + g`,
 * `θ ← θ − γb`, or with Nesterov `θ ← θ − γ(g + μb)`.
 *
 * On `tensorflow` it runs in the memory of θ and b, vectors joined into one; an engine offers the same
 * by registering the kernel `DiraMomentum` (θ, b, g of each target in turn; no outputs). Elsewhere it
 * is composed of basic operations.
 *
 * @throws whatever the engine does; shapes are the caller's to check.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export function momentumUpdate(targets: readonly MomentumTarget[], numbers: MomentumNumbers): void {
  const all = { nesterov: false, weightDecay: 0, ...numbers };
  if (!offersKernel(KERNEL, runMomentum)) {
    for (const target of targets) tf.tidy(() => composed(target, all));
    return;
  }
  ownData(targets.flatMap(({ parameter, buffer }) => [parameter, buffer]));
  const inputs = targets.flatMap((t) => [
    t.parameter,
    t.buffer,
    t.gradient,
  ]) as object as tf.NamedTensorMap;
  tf.engine().runKernel(KERNEL, inputs, all);
}

function composed(
  { parameter, buffer, gradient }: MomentumTarget,
  n: Required<MomentumNumbers>,
): void {
  const g = n.weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, n.weightDecay));
  buffer.assign(tf.add(tf.mul(buffer, n.momentum), g));
  const move = n.nesterov ? tf.add(g, tf.mul(buffer, n.momentum)) : buffer;
  parameter.assign(tf.sub(parameter, tf.mul(move, n.learningRate)));
}

const runMomentum: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const all = inputs as object as tf.TensorInfo[];
  const rows = all.flatMap((_, i) => (i % 3 === 0 ? [all.slice(i, i + 3)] : []));
  const n = attrs as unknown as Required<MomentumNumbers>;
  const { TF_ATTR_BOOL } = (backend as { binding: { TF_ATTR_BOOL: number } }).binding;
  const attributes = [{ name: "use_nesterov", type: TF_ATTR_BOOL, value: n.nesterov }];
  updateInPlace(backend, (inPlace) => {
    const [rate, mu] = [n.learningRate, n.momentum].map((x) => inPlace.scalar(x)) as [
      number,
      number,
    ];
    // λθ reaches b through memory that is there already: μ(b + (λ/μ)θ) + g. Nesterov needs the sum.
    const inBuffer = !n.nesterov && n.weightDecay <= n.momentum;
    const lambda = inPlace.scalar(inBuffer ? -n.weightDecay / n.momentum : n.weightDecay);
    changeRows(inPlace, backend, rows, 2, (row) => {
      const [parameter, buffer, gradient] = row as [Cell, Cell, Cell];
      let sum: number[] = [];
      if (n.weightDecay !== 0 && inBuffer) {
        inPlace.write([buffer], ([handle]) => {
          const ids = [handle as number, lambda, parameter.id];
          inPlace.execute("ResourceApplyGradientDescent", ids, { outputs: 0 });
        });
      } else if (n.weightDecay !== 0) {
        sum = scaledSum(inPlace, gradient, lambda, parameter);
      }
      inPlace.write([parameter, buffer], ([theta, b]) => {
        const ids = [theta as number, b as number, rate, sum[0] ?? gradient.id, mu];
        inPlace.execute("ResourceApplyMomentum", ids, { outputs: 0, attributes });
      });
      inPlace.free(sum);
    });
  });
  return [];
};
