import { type FeatureMap, relu, spatialAxes } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import {
  classActivationMap,
  type ClassActivationOptions,
  type MappedClassifier,
} from "./class-activation-map.ts";

/**
 * Grad-CAM++: {@link gradCam} with weights that favour positions, so that several findings of one kind, and small ones,
 * show as well as the largest. Of a stage's feature maps A, with g = ∂y/∂A and the class score taken as `exp(y)`, for
 * which the paper's second and third derivatives have a closed form (its section 3.3):
 *
 * `α_k(i) = g_k(i)² / (2 g_k(i)² + Σ_j A_k(j) · g_k(i)³)`, `w_k = Σ_i α_k(i) relu(g_k(i))`, `L = relu(Σ_k w_k A_k)`.
 *
 * Where g > 0, the only places that count, `α = 1 / (2 + Σ_j A_k(j) · g)`, which is how it is computed: cubes of small
 * gradients would vanish in float32. The factor `exp(y)`, one number an image, is left out, as in the usual
 * implementations. Size, scale, rank and errors are Grad-CAM's.
 *
 * @param images - `[N, …, C]`, as the network takes them.
 * @returns `[N, …]`, one map an image, of its size.
 * @see Chattopadhay et al. 2018, https://arxiv.org/abs/1710.11063
 */
export function gradCamPlusPlus(
  network: MappedClassifier,
  images: FeatureMap,
  options: ClassActivationOptions,
): tf.Tensor {
  return classActivationMap("gradCamPlusPlus", network, images, options, (maps, gradient) => {
    const axes = spatialAxes(maps);
    const positive = relu(gradient);
    const total = tf.sum(maps, axes, true);
    return tf.sum(tf.divNoNan(positive, tf.add(tf.mul(total, positive), 2)), axes, true);
  });
}
