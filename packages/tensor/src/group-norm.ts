import * as tf from "@tensorflow/tfjs";
import { DiraError } from "./errors.ts";
import { affine, type Affine } from "./affine.ts";
import { normalize } from "./normalize.ts";

/**
 * Group normalisation, as `torch.nn.functional.group_norm`: each group of C / groups neighbouring
 * channels of each sample to mean 0 and variance 1 over its positions, then scale and offset.
 * One group is layer norm over the whole sample, C groups are instance norm. Differentiable to any order.
 *
 * @param x - `[N, …, C]`.
 * @param groups - must divide C.
 * @param weights - learned scale and offset, `[C]` each. @defaultValue none
 * @param epsilon - added to the variance. @defaultValue 1e-5 (PyTorch)
 * @throws DiraError when `groups` does not divide C.
 * @see Wu and He 2018, https://arxiv.org/abs/1803.08494
 */
export function groupNorm<T extends tf.Tensor>(
  x: T,
  groups: number,
  weights: Affine = {},
  epsilon = 1e-5,
): T {
  const [batch = 1] = x.shape;
  const channels = x.shape[x.rank - 1] ?? 1;
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new DiraError(
      `groupNorm: \`groups\` must divide the ${channels} channels, got ${groups} for [${x.shape.join(", ")}].`,
    );
  }
  return tf.tidy(() => {
    const positions = x.size / batch / channels;
    const grouped = tf.reshape(x, [batch, positions, groups, channels / groups]);
    return affine(
      tf.reshape(normalize(grouped, [1, 3], epsilon), x.shape),
      weights,
      "groupNorm",
    ) as T;
  });
}
