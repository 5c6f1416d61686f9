import { type FeatureMap, spatialAxes } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import {
  classActivationMap,
  type ClassActivationOptions,
  type MappedClassifier,
} from "./class-activation-map.ts";

/**
 * Grad-CAM: where in an image a network sees what speaks for a logit y. Of a stage's feature maps A with Z positions,
 *
 * `α_k = (1/Z) Σ_i ∂y/∂A_k(i)`, `L = relu(Σ_k α_k A_k)`,
 *
 * resized linearly to the image's size. For a network that ends in global average pooling and a linear layer with
 * weights w, the last stage's map is Zhou et al.'s CAM: `L = relu(Σ_k w_k A_k) / Z`. In 2D and 3D; batch norms use their
 * running statistics.
 *
 * Values are at least 0 and not scaled to a range: of one network and stage they can be compared between images. All 0
 * where nothing speaks for the logit.
 *
 * @param images - `[N, …, C]`, as the network takes them.
 * @returns `[N, …]`, one map an image, of its size.
 * @throws DiraError for a logit or stage that there is not, and within another gradient.
 * @see Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391; Zhou et al. 2016, https://arxiv.org/abs/1512.04150
 */
export function gradCam(
  network: MappedClassifier,
  images: FeatureMap,
  options: ClassActivationOptions,
): tf.Tensor {
  return classActivationMap("gradCam", network, images, options, (maps, gradient) =>
    tf.mean(gradient, spatialAxes(maps), true),
  );
}
