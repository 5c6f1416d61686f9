import * as tf from "@tensorflow/tfjs";
import { withoutGradient } from "./detach.ts";
import { pad } from "./pad.ts";
import { type PoolOptions, poolPerAxis } from "./pool-options.ts";
import { averageWindows } from "./pool-windows.ts";

/** Options of {@link averagePool}. */
export interface AveragePoolOptions extends PoolOptions {
  /**
   * Whether the border's zeros count as values. @defaultValue true (PyTorch's `count_include_pad`;
   * TensorFlow's own padding never counts)
   */
  readonly countPadding?: boolean;
}

/**
 * Mean over windows, as `torch.nn.functional.avg_pool2d`/`avg_pool3d`. Differentiable to any order.
 *
 * @param x - `[N, …, C]`.
 * @returns `[N, …, C]` with spatial sizes `⌊(size + 2·padding − window) / stride⌋ + 1`.
 * @throws ShapeError when the padded input is smaller than the window.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html
 */
export function averagePool<T extends tf.Tensor>(x: T, options: AveragePoolOptions): T {
  const { size, stride, padding } = poolPerAxis(x, options, "averagePool");
  return tf.tidy(() => {
    const mean = averageWindows(pad(x, padding), size, stride);
    if ((options.countPadding ?? true) || padding.every((p) => p === 0)) return mean as T;
    const share = withoutGradient(() => {
      const ones = tf.ones([1, ...x.shape.slice(1, -1), 1]);
      return averageWindows(pad(ones, padding), size, stride);
    });
    return tf.div(mean, share) as T;
  });
}
