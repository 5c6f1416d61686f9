import * as tf from "@tensorflow/tfjs";
import { batchNorm, type BatchStatistics } from "./batch-norm.ts";
import { DiraError } from "./errors.ts";

/**
 * Batch normalisation of a batch cut into `splits` groups of neighbours, each with its own statistics:
 * what several devices without synchronisation do, on one. MoCo needs it: with one group, a query and
 * its key could be told by their shared statistics.
 *
 * @param x - `[N, …, C]`, rank from 2.
 * @param scale - `[C]`, γ. @param offset - `[C]`, β.
 * @param splits - number of groups, must divide N (`bnSplits`); 1 is plain batch norm.
 * @param epsilon - @defaultValue 1e-5 (PyTorch)
 * @param onStatistics - receives the groups' mean statistics, as MoCo's code keeps them; disposed of
 *   afterwards.
 * @throws DiraError when `splits` does not divide N, or a group has one value per channel.
 * @see He et al. 2020, section 3.3, https://arxiv.org/abs/1911.05722
 */
export function splitBatchNorm<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  splits: number,
  epsilon = 1e-5,
  onStatistics?: (statistics: BatchStatistics) => void,
): T {
  const [batch = 1] = x.shape;
  if (!Number.isInteger(splits) || splits < 1 || batch % splits !== 0) {
    throw new DiraError(
      `splitBatchNorm: \`splits\` must divide the batch, got ${splits} for [${x.shape.join(", ")}].`,
    );
  }
  if (splits === 1) return batchNorm(x, scale, offset, epsilon, onStatistics);
  return tf.tidy(() => {
    const all: BatchStatistics[] = [];
    const keep = ({ mean, variance }: BatchStatistics): void => {
      all.push({ mean: tf.keep(tf.clone(mean)), variance: tf.keep(tf.clone(variance)) });
    };
    const parts = tf
      .split(x as tf.Tensor, splits)
      .map((part) => batchNorm(part, scale, offset, epsilon, onStatistics && keep));
    if (onStatistics !== undefined) {
      const mean = tf.mean(tf.stack(all.map((s) => s.mean)), 0) as tf.Tensor1D;
      const variance = tf.mean(tf.stack(all.map((s) => s.variance)), 0) as tf.Tensor1D;
      onStatistics({ mean, variance });
      tf.dispose(all as unknown as tf.TensorContainer);
    }
    return tf.concat(parts) as T;
  });
}
