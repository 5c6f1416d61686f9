import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.ts";

/**
 * `exp(xₖ) / Σⱼ exp(xⱼ)` over the last axis, as `torch.softmax(x, -1)`, differentiable to any order
 * (TensorFlow.js's own gives wrong values the second time).
 *
 * @param x - `[…, K]`.
 */
export function softmax<T extends tf.Tensor>(x: T): T {
  return withGradient([x], (save) => {
    save([x]);
    // Recomputed from the input: TensorFlow.js loses the way back through an operation's own output.
    const gradient = (dy: tf.Tensor, [saved]: readonly tf.Tensor[]): tf.Tensor[] => {
      const y = softmax(saved as tf.Tensor);
      return [tf.mul(y, tf.sub(dy, tf.sum(tf.mul(dy, y), -1, true)))];
    };
    return { value: tf.softmax(x) as T, gradient };
  });
}
