import { l2Normalize } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/**
 * View-to-view retrieval: for each query whether the nearest key by cosine is that of its own image.
 *
 * @param queries - `[N, C]`, features of one view of each image.
 * @param keys - `[N, C]`, of another view; row i is of query i's image.
 * @returns 1 or 0 for each query; 1/N of them at chance. A tie counts for the lower index.
 */
export function retrievalHits(queries: tf.Tensor2D, keys: tf.Tensor2D): number[] {
  const nearest = tf.tidy(() =>
    tf.argMax(tf.matMul(l2Normalize(queries), l2Normalize(keys), false, true), 1).dataSync(),
  );
  return Array.from(nearest, (key, query) => (key === query ? 1 : 0));
}
