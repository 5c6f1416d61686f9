import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.ts";
import { withoutGradient } from "./detach.ts";
import { spatialAxes, spatialRankOf } from "./spatial.ts";

/**
 * Mean over all spatial positions: `[N, …, C]` → `[N, C]`, as `torch.mean(x, dim)` or
 * `adaptive_avg_pool2d(x, 1)` and `flatten`. Differentiable to any order.
 *
 * @throws ShapeError when `x` is no batch of images or volumes.
 */
export function globalAveragePool(x: tf.Tensor): tf.Tensor2D {
  spatialRankOf(x, "globalAveragePool");
  return tf.mean(x, spatialAxes(x));
}

/**
 * Maximum over all spatial positions: `[N, …, C]` → `[N, C]`, as `torch.amax(x, dim)`: positions that
 * share the maximum share its gradient. (`adaptive_max_pool2d(x, 1)` gives it all to the first;
 * TensorFlow.js's own maximum gives it to each in full.) Differentiable to any order.
 *
 * @throws ShapeError when `x` is no batch of images or volumes.
 */
export function globalMaxPool(x: tf.Tensor): tf.Tensor2D {
  spatialRankOf(x, "globalMaxPool");
  const axes = spatialAxes(x);
  return withGradient([x], (save) => {
    save([x]);
    const gradient = (dy: tf.Tensor, [saved]: readonly tf.Tensor[]): tf.Tensor[] => {
      const share = withoutGradient(() => {
        const isMax = tf.cast(
          tf.equal(saved as tf.Tensor, tf.max(saved as tf.Tensor, axes, true)),
          "float32",
        );
        return tf.div(isMax, tf.sum(isMax, axes, true));
      });
      const [batch = 1, channels = 1] = dy.shape;
      return [tf.mul(tf.reshape(dy, [batch, ...axes.map(() => 1), channels]), share)];
    };
    return { value: tf.max(x, axes), gradient };
  });
}
