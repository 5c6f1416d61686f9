import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.ts";
import { withoutGradient } from "./detach.ts";

/**
 * `y = x` where `x > 0`, else `slope · x`, differentiable twice (TensorFlow.js's own is not).
 *
 * @param slope - @defaultValue 0.2, as in patch critics (PyTorch's own default is 0.01)
 */
export function leakyRelu<T extends tf.Tensor>(x: T, slope = 0.2): T {
  return withGradient([x], (save) => {
    save([x]);
    const gradient = (dy: tf.Tensor, [saved]: readonly tf.Tensor[]): tf.Tensor[] => {
      const slopes = withoutGradient(() => slopesOf(saved as tf.Tensor, slope));
      return [tf.mul(dy, slopes)];
    };
    return { value: tf.leakyRelu(x, slope) as T, gradient };
  });
}

/** 1 where `x > 0`, else `slope`. */
function slopesOf(x: tf.Tensor, slope: number): tf.Tensor {
  return tf.where(tf.greater(x, 0), tf.onesLike(x), tf.fill(x.shape, slope));
}
