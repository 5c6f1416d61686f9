import { l2Normalize, withGradient } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { checkPair, checkPositive } from "./check.ts";

/** Options of {@link ntXent}. */
export interface NtXentOptions {
  /** Softmax temperature τ > 0. @defaultValue 0.1 (SimCLR's code; its table 5 finds 0.1 best) */
  readonly temperature?: number;
}

/** What hides a row's similarity to itself: exp of it is 0, and it stays finite. */
const HIDDEN = -1e30;

/**
 * Normalised temperature-scaled cross-entropy: of all other embeddings of the batch, each must tell the
 * one that is of the same image.
 *
 * `L = −1/2N Σᵢ log( exp(zᵢ·z₊₍ᵢ₎/τ) / Σ_{k≠i} exp(zᵢ·z_k/τ) )` over the 2N normalised embeddings of
 * both views. The gradient is computed in the forward pass; there is no second derivative.
 *
 * @param z1 - `[N, C]`, any length; normalised here. @param z2 - `[N, C]`, row i pairs with row i.
 * @returns scalar, mean over 2N, in nats; `log(2N − 1)` at chance.
 * @throws ShapeError when N or C disagree; DiraError for N below 2 (there would be no negatives) or a
 *   temperature that is not positive.
 * @see Chen et al. 2020, eq. 1, https://arxiv.org/abs/2002.05709
 */
export function ntXent(
  z1: tf.Tensor2D,
  z2: tf.Tensor2D,
  { temperature = 0.1 }: NtXentOptions = {},
): tf.Scalar {
  const { N } = checkPair("ntXent", ["z1", z1], ["z2", z2], 2);
  checkPositive("ntXent", { temperature });
  return tf.tidy(() => {
    const all = l2Normalize(tf.concat([z1, z2], 0));
    return withGradient([all], (save) => {
      const hidden = tf.oneHot(tf.range(0, 2 * N, 1, "int32"), 2 * N, HIDDEN, 0, "float32");
      const scaled = tf.div(all, temperature);
      const others = tf.add(tf.matMul(scaled, all, false, true), hidden); // [2N, 2N]
      const [first, second] = tf.split(all, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
      const positive = tf.div(tf.sum(tf.mul(first, second), 1), temperature); // [N]
      const largest = tf.max(others, 1, true);
      const weights = tf.exp(tf.sub(others, largest)) as tf.Tensor2D;
      const total = tf.sum(weights, 1, true);
      // dL/dz = (P + Pᵀ) z − 2 z₊, over 2Nτ, with P each row's softmax: weights over their total.
      const own = tf.div(tf.matMul(weights, all), total);
      const pushed = tf.add(own, tf.matMul(weights, tf.div(all, total), true, false));
      const partners = tf.concat([second, first], 0);
      save([tf.div(tf.sub(pushed, tf.mul(partners, 2)), 2 * N * temperature)]);
      return {
        value: tf.sub(tf.mean(tf.add(largest, tf.log(total))), tf.mean(positive)),
        gradient: (dy, [saved]) => [tf.mul(saved as tf.Tensor, dy)],
      };
    });
  });
}
