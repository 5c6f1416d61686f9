import { DiraError, ShapeError } from "./errors.ts";
import { perAxis, type PerAxis, spatialRankOf } from "./spatial.ts";
import type * as tf from "@tensorflow/tfjs";

/** What never is a maximum: the value of max pooling's border. */
export const LOWEST_FLOAT32 = -3.4028234663852886e38;

/** Options of max and average pooling. */
export interface PoolOptions {
  /** Window, per spatial axis. */
  readonly size: PerAxis;
  /** Step between windows. @defaultValue `size` */
  readonly stride?: PerAxis;
  /** Border before *and* after each axis, at most half the window, as in PyTorch. @defaultValue 0 */
  readonly padding?: PerAxis;
}

/** Pooling options with one value per spatial axis, checked against the input. */
export function poolPerAxis(
  x: tf.Tensor,
  options: PoolOptions,
  where: string,
): Readonly<Record<"size" | "stride" | "padding", number[]>> {
  const rank = spatialRankOf(x, where);
  const size = perAxis(options.size, rank, `${where}: size`);
  const stride = perAxis(options.stride ?? size, rank, `${where}: stride`);
  const padding = perAxis(options.padding ?? 0, rank, `${where}: padding`);
  size.forEach((k, axis) => {
    const border = padding[axis] ?? 0;
    if (2 * border > k) {
      throw new DiraError(
        `${where}: padding must be at most half the window, got ${border} for a window of ${k} along spatial axis ${axis}.`,
      );
    }
    const length = (x.shape[axis + 1] ?? 0) + 2 * border;
    if (length < k) {
      throw new ShapeError(
        `${where}: the input [${x.shape.join(", ")}] is smaller (${length} after padding) than the window (${k}) along spatial axis ${axis}. Use a larger input or a smaller window.`,
        `at least ${k}`,
        x.shape,
      );
    }
  });
  return { size, stride, padding };
}
