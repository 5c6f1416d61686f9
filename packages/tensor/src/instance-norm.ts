import * as tf from "@tensorflow/tfjs";
import { normalize } from "./normalize.ts";
import { spatialAxes, spatialRankOf } from "./spatial.ts";

/**
 * Instance normalisation without learned scale, as `torch.nn.functional.instance_norm`: each
 * channel of each sample to mean 0 and variance 1 over its spatial positions.
 *
 * @param x - `[N, …, C]`.
 * @param epsilon - added to the variance. @defaultValue 1e-5 (PyTorch)
 * @see Ulyanov et al. 2016, https://arxiv.org/abs/1607.08022
 */
export function instanceNorm<T extends tf.Tensor>(x: T, epsilon = 1e-5): T {
  spatialRankOf(x, "instanceNorm");
  return tf.tidy(() => normalize(x, spatialAxes(x), epsilon) as T);
}
