import * as tf from "@tensorflow/tfjs";
import { nativeMaxPool } from "./max-pool-native.ts";
import { maxWindows } from "./max-windows.ts";
import { LOWEST_FLOAT32, type PoolOptions, poolPerAxis } from "./pool-options.ts";

/**
 * Maximum over windows, as `torch.nn.functional.max_pool2d`/`max_pool3d`; the border never wins.
 * Of equal values in a window the first gets the gradient. Differentiable to any order.
 *
 * @param x - `[N, …, C]`.
 * @returns `[N, …, C]` with spatial sizes `⌊(size + 2·padding − window) / stride⌋ + 1`.
 * @throws ShapeError when the padded input is smaller than the window.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
 */
export function maxPool<T extends tf.Tensor>(x: T, options: PoolOptions): T {
  const { size, stride, padding } = poolPerAxis(x, options, "maxPool");
  const native = nativeMaxPool(x, { size, stride, padding });
  if (native !== undefined) return native as T;
  return tf.tidy(() => {
    const both = padding.map((p): [number, number] => [p, p]);
    const padded = padding.some((p) => p > 0)
      ? tf.pad(x, [[0, 0], ...both, [0, 0]], LOWEST_FLOAT32)
      : x;
    return maxWindows(padded, size, stride) as T;
  });
}
