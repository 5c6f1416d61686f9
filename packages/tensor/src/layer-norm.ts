import * as tf from "@tensorflow/tfjs";
import { affine, type Affine } from "./affine.ts";
import { normalize } from "./normalize.ts";

/**
 * Layer normalisation over the last axis, as `torch.nn.functional.layer_norm(x, [C])`: each position's
 * channels to mean 0 and variance 1, then scale and offset. Differentiable to any order.
 *
 * @param x - `[…, C]`.
 * @param weights - learned scale and offset, `[C]` each. @defaultValue none
 * @param epsilon - added to the variance. @defaultValue 1e-5 (PyTorch)
 * @see Ba et al. 2016, https://arxiv.org/abs/1607.06450
 */
export function layerNorm<T extends tf.Tensor>(x: T, weights: Affine = {}, epsilon = 1e-5): T {
  return tf.tidy(() => affine(normalize(x, [x.rank - 1], epsilon), weights, "layerNorm") as T);
}
