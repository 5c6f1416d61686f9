import { meanSquaredError } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { checkPair, checkWeights } from "./check.ts";
import { productByDiagonal } from "./off-diagonal.ts";

/** Options of {@link vicRegLoss}. */
export interface VicRegLossOptions {
  /** Weight λ of the invariance. @defaultValue 25 (VICReg) */
  readonly invariance?: number;
  /** Weight μ of the variance. @defaultValue 25 (VICReg) */
  readonly variance?: number;
  /** Weight ν of the covariance. @defaultValue 1 (VICReg) */
  readonly covariance?: number;
  /** Within the root of the variance. @defaultValue 1e-4 (VICReg) */
  readonly epsilon?: number;
  /**
   * Whether the variance term is the mean of the two views' (the authors' code, lightly) or their sum
   * (solo-learn). @defaultValue "mean"
   */
  readonly views?: "mean" | "sum";
}

/**
 * VICReg: variance, invariance and covariance.
 *
 * `L = λ mean (z₁ − z₂)² + μ ½ Σ_v mean_d max(0, 1 − √(Var(z_v)_d + ε)) + ν Σ_v 1/D Σ_{i≠j} Cov(z_v)ᵢⱼ²`
 * with unbiased variances and covariances over the batch. Where N < D, covariances are taken from the
 * `[N, N]` Gram matrix. Covariances are squared, so float32 holds it for embeddings up to about 1e9.
 *
 * @param z1 - `[N, D]`. @param z2 - `[N, D]`, row i of the same image.
 * @returns scalar; `μ (1 − √ε)` for constants.
 * @throws ShapeError when N or D disagree; DiraError for N below 2 or a negative weight.
 * @see Bardes et al. 2022, eq. 6, https://arxiv.org/abs/2105.04906
 */
export function vicRegLoss(
  z1: tf.Tensor2D,
  z2: tf.Tensor2D,
  options: VicRegLossOptions = {},
): tf.Scalar {
  const { invariance = 25, variance = 25, covariance = 1, epsilon = 1e-4 } = options;
  const { N, C: D } = checkPair("vicRegLoss", ["z1", z1], ["z2", z2], 2);
  checkWeights("vicRegLoss", { invariance, variance, covariance, epsilon });
  return tf.tidy(() => {
    const spreads = [z1, z2].map((z) => spread(z, N, D, epsilon));
    const hinge = tf.addN(spreads.map((view) => view.hinge));
    const terms = [
      tf.mul(meanSquaredError(z1, z2), invariance),
      tf.mul(hinge, variance * (options.views === "sum" ? 1 : 0.5)),
      tf.mul(tf.addN(spreads.map((view) => view.redundancy)), covariance),
    ];
    return tf.addN(terms) as tf.Scalar;
  });
}

/** Of one view: the mean hinge of its deviations below 1, and its squared covariances over D. */
function spread(
  z: tf.Tensor2D,
  N: number,
  D: number,
  epsilon: number,
): { readonly hinge: tf.Tensor; readonly redundancy: tf.Tensor } {
  const centred = tf.sub(z, tf.mean(z, 0, true)) as tf.Tensor2D;
  const { diagonal, offDiagonal } = productByDiagonal(centred, tf.div(centred, N - 1));
  const deviation = tf.sqrt(tf.add(diagonal, epsilon));
  return { hinge: tf.mean(tf.relu(tf.sub(1, deviation))), redundancy: tf.div(offDiagonal, D) };
}
