import { pseudoRandom } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";

/** What a kernel gives, by its name. */
export function run(name: string, inputs: tf.NamedTensorMap, attributes: object = {}): tf.Tensor[] {
  const made = tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap);
  return Array.isArray(made) ? made : [made];
}

/** Fixed values in (−1, 1). */
export const random = (shape: readonly number[], seed: number): tf.Tensor =>
  tf.tensor(pseudoRandom(shape, seed), [...shape]);

/** Euclidean length. */
export const norm = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));
