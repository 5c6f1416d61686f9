import * as tf from "@tensorflow/tfjs";
import { checkPair, checkWeights } from "./check.ts";
import { productByDiagonal } from "./off-diagonal.ts";

/** Options of {@link barlowTwinsLoss}. */
export interface BarlowTwinsLossOptions {
  /** Weight λ of the redundancy. @defaultValue 0.0051 (the authors' code) */
  readonly lambda?: number;
  /**
   * How features are standardised over the batch. `"batch-norm"`: biased variance, `ε = 1e-5` within the
   * root, as the authors' code, lightly and solo-learn. `"unbiased"`: unbiased deviation plus 1e-6, as
   * MONAI, which leaves `(1/N)²` a feature for identical views. @defaultValue "batch-norm"
   */
  readonly standardize?: "batch-norm" | "unbiased";
}

/**
 * Barlow Twins: the cross-correlation of two views' features is to be the identity.
 *
 * `L = Σᵢ (1 − Cᵢᵢ)² + λ Σ_{i≠j} Cᵢⱼ²` with `C = ẑ₁ᵀ ẑ₂ / N` of features standardised over the batch.
 * Where N < D, `Σ Cᵢⱼ²` is taken from the two `[N, N]` Gram matrices: C is never formed.
 *
 * @param z1 - `[N, D]`. @param z2 - `[N, D]`, row i of the same image.
 * @returns scalar, summed over features; D when a view is constant.
 * @throws ShapeError when N or D disagree; DiraError for N below 2 or a negative λ.
 * @see Zbontar et al. 2021, eq. 1, https://arxiv.org/abs/2103.03230
 */
export function barlowTwinsLoss(
  z1: tf.Tensor2D,
  z2: tf.Tensor2D,
  { lambda = 0.0051, standardize = "batch-norm" }: BarlowTwinsLossOptions = {},
): tf.Scalar {
  const { N } = checkPair("barlowTwinsLoss", ["z1", z1], ["z2", z2], 2);
  checkWeights("barlowTwinsLoss", { lambda });
  return tf.tidy(() => {
    const [a, b] = [z1, z2].map((z) => standardized(z, N, standardize)) as [
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    const { diagonal, offDiagonal } = productByDiagonal(a, tf.div(b, N));
    const invariance = tf.sum(tf.square(tf.sub(1, diagonal)));
    return tf.add(invariance, tf.mul(offDiagonal, lambda)) as tf.Scalar;
  });
}

/** Within the root of a variance: keeps the gradient of a constant feature finite, far below ε. */
const TINY = 1e-30;

function standardized(
  z: tf.Tensor2D,
  N: number,
  how: NonNullable<BarlowTwinsLossOptions["standardize"]>,
): tf.Tensor2D {
  const centred = tf.sub(z, tf.mean(z, 0, true));
  const variance = tf.mean(tf.square(centred), 0, true);
  // Not by rsqrt, whose gradient cubes the deviation: that overflows from 1e13 on.
  if (how === "batch-norm") return tf.div(centred, tf.sqrt(tf.add(variance, 1e-5)));
  const unbiased = tf.add(tf.mul(variance, N / (N - 1)), TINY);
  return tf.div(centred, tf.add(tf.sqrt(unbiased), 1e-6));
}
