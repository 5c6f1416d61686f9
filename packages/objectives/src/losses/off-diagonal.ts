import * as tf from "@tensorflow/tfjs";

/**
 * `Σᵢⱼ (AᵀB)ᵢⱼ²`, the squared Frobenius norm of a product of two `[N, D]`: through `AᵀB` when N ≥ D,
 * else as `Σ (AAᵀ) ∘ (BBᵀ)`, the same number from two `[N, N]` instead of one `[D, D]`.
 */
function squaredNormOfProduct(a: tf.Tensor2D, b: tf.Tensor2D): tf.Scalar {
  const [N, D] = a.shape;
  if (N >= D) return tf.sum(tf.square(tf.matMul(a, b, true, false)));
  return tf.sum(tf.mul(tf.matMul(a, a, false, true), tf.matMul(b, b, false, true)));
}

/** The diagonal of `AᵀB`, and the sum of squares off it, both of `[N, D]` inputs. */
export function productByDiagonal(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
): { readonly diagonal: tf.Tensor1D; readonly offDiagonal: tf.Scalar } {
  const diagonal: tf.Tensor1D = tf.sum(tf.mul(a, b), 0);
  const all = squaredNormOfProduct(a, b);
  return { diagonal, offDiagonal: tf.sub(all, tf.sum(tf.square(diagonal))) };
}
