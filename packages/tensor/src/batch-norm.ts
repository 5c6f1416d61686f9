import * as tf from "@tensorflow/tfjs";
import { relu, reluGradient } from "./activations.ts";
import { registerBatchNormSecondOrder } from "./batch-norm-second-order.ts";
import { withGradient } from "./custom-gradient.ts";
import { DiraError } from "./errors.ts";
import {
  fusedBatchNorm,
  fusedBatchNormGradient,
  fusedBatchNormRelu,
  fusesBatchNorm,
} from "./fused-batch-norm.ts";
import { normalize } from "./normalize.ts";

/** What {@link batchNorm} learned about a batch. */
export interface BatchStatistics {
  /** `[C]`. */
  readonly mean: tf.Tensor1D;
  /** `[C]`, unbiased (divided by n − 1), as PyTorch's running variance is. */
  readonly variance: tf.Tensor1D;
}

/**
 * Batch normalisation with the statistics of this batch, as `torch.nn.functional.batch_norm` in
 * training: `y = scale · (x − mean) / √(variance + ε) + offset` per channel, over the batch and all
 * positions, with the biased variance.
 *
 * Uses the engine's fused kernel where it has one (time and memory about halve in a ResNet-50
 * step), else the same from basic operations. Differentiable to second order.
 *
 * @param x - `[…, C]`, any rank from 2.
 * @param scale - `[C]`, γ.
 * @param offset - `[C]`, β.
 * @param epsilon - @defaultValue 1e-5 (PyTorch)
 * @param onStatistics - receives the batch's statistics during the forward pass, for running
 *   averages; they are disposed of afterwards.
 * @throws DiraError when there is only one value per channel.
 * @see Ioffe and Szegedy 2015, algorithm 1, https://arxiv.org/abs/1502.03167
 */
export function batchNorm<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon = 1e-5,
  onStatistics?: (statistics: BatchStatistics) => void,
): T {
  const channels = checkCount(x);
  if (fusesBatchNorm()) return fused(x, scale, offset, { epsilon, onStatistics }) as T;
  return tf.tidy(() => {
    const count = x.size / channels;
    const axes = x.shape.slice(0, -1).map((_, axis) => axis);
    const y = normalize(x, axes, epsilon, (mean, variance) => {
      onStatistics?.({
        mean: tf.reshape(mean, [channels]),
        variance: tf.reshape(tf.mul(variance, count / (count - 1)), [channels]),
      });
    });
    return tf.add(tf.mul(y, scale), offset) as T;
  });
}

/** Options of {@link batchNormRelu}; those of {@link batchNorm}, and what is added before the ReLU. */
export interface BatchNormReluOptions {
  /** Of x's shape: a residual block's shortcut. */
  readonly residual?: tf.Tensor | undefined;
  /** @defaultValue 1e-5 (PyTorch) */
  readonly epsilon?: number | undefined;
  /** As in {@link batchNorm}. */
  readonly onStatistics?: ((statistics: BatchStatistics) => void) | undefined;
}

/**
 * `y = relu(batchNorm(x) + residual)`, as one operation where the engine's batch norm is fused: then
 * only x and y are kept for the gradient, which the convolutions around it keep as well.
 *
 * @throws as {@link batchNorm}.
 */
export function batchNormRelu<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  options: BatchNormReluOptions = {},
): T {
  checkCount(x);
  if (fusesBatchNorm()) return fused(x, scale, offset, { ...options, activate: true }) as T;
  const { residual, epsilon, onStatistics } = options;
  return tf.tidy(() => {
    const y = batchNorm(x, scale, offset, epsilon, onStatistics);
    return relu(residual === undefined ? y : tf.add(y, residual)) as T;
  });
}

function fused(
  x: tf.Tensor,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  options: BatchNormReluOptions & { readonly activate?: boolean },
): tf.Tensor {
  const { residual, epsilon = 1e-5, onStatistics, activate = false } = options;
  registerBatchNormSecondOrder();
  const inputs = residual === undefined ? [x, scale, offset] : [x, scale, offset, residual];
  return withGradient(inputs, (save) => {
    const { y, mean, variance, reserves } = activate
      ? fusedBatchNormRelu(x, scale, offset, residual, epsilon)
      : fusedBatchNorm(x, scale, offset, epsilon);
    onStatistics?.({ mean, variance });
    save([x, scale, ...reserves, ...(activate ? [y] : [])]);
    const gradient = (dy: tf.Tensor, saved: readonly tf.Tensor[]): tf.Tensor[] => {
      const [x, scale, r1, r2, r3, y] = saved as Six<tf.Tensor>;
      const dsum = activate ? reluGradient(dy, y) : dy;
      const own = fusedBatchNormGradient(dsum, x, scale, [r1, r2, r3], epsilon);
      return residual === undefined ? own : [...own, tf.clone(dsum)];
    };
    return { value: y, gradient };
  });
}

type Six<T> = [T, T, T, T, T, T];

/** @returns the number of channels. */
function checkCount(x: tf.Tensor): number {
  const channels = x.shape[x.rank - 1] ?? 1;
  if (x.size / channels < 2) {
    throw new DiraError(
      `batchNorm: expected more than one value per channel when training, got [${x.shape.join(", ")}]. Use a larger batch or input.`,
    );
  }
  return channels;
}

/**
 * Batch normalisation with given statistics, as PyTorch's in evaluation:
 * `y = x · (scale / √(variance + ε)) + (offset − mean · scale / √(variance + ε))`.
 */
export function batchNormInference<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  epsilon = 1e-5,
): T {
  return tf.tidy(() => {
    const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(x, factor), tf.sub(offset, tf.mul(mean, factor))) as T;
  });
}
