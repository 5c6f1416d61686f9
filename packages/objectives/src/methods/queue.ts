import type { Random } from "@dira/random";
import { checkShapes, DiraError, l2Normalize } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/**
 * A first-in-first-out queue of keys is a tensor `[K, C]`, newest row first.
 *
 * @param size - K ≥ 1.
 * @param features - C.
 * @returns rows of length one in random directions, as MoCo starts.
 */
export function randomQueue(size: number, features: number, random: Random): tf.Tensor2D {
  if (!(Number.isInteger(size) && size >= 1)) {
    throw new DiraError(`randomQueue: \`size\` must be a whole number of at least 1, got ${size}.`);
  }
  const values = new Float32Array(size * features);
  random.fillNormal(values, 0, 1);
  return tf.tidy(() => l2Normalize(tf.tensor2d(values, [size, features])));
}

/**
 * The queue with `keys` at its front and as many of the oldest rows gone. Any batch size fits,
 * also one that does not divide K or exceeds it (then the first K keys stay).
 *
 * @param queue - `[K, C]`, not changed.
 * @param keys - `[N, C]`.
 * @returns a new `[K, C]`.
 * @throws ShapeError when C disagrees.
 */
export function enqueue(queue: tf.Tensor2D, keys: tf.Tensor2D): tf.Tensor2D {
  const { K = 0 } = checkShapes("enqueue", { queue: [queue, "K C"], keys: [keys, "N C"] });
  return tf.tidy(() => {
    const fresh = Math.min(keys.shape[0], K);
    const front = tf.slice(keys, [0, 0], [fresh, -1]);
    if (fresh === K) return tf.clone(front);
    return tf.concat([front, tf.slice(queue, [0, 0], [K - fresh, -1])], 0);
  });
}
