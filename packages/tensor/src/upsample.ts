import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.ts";
import { averageWindows } from "./pool-windows.ts";
import { perAxis, type PerAxis, spatialRankOf } from "./spatial.ts";

/**
 * Nearest-neighbour upsampling by repetition, as `torch.nn.functional.interpolate(mode="nearest")`
 * with a whole `scale_factor`: `y[n, i, c] = x[n, ⌊i / factor⌋, c]`.
 *
 * Its gradient sums each block of `factor` outputs. (TensorFlow.js's own gradient of nearest
 * resizing is wrong on the `cpu` engine for batches above one.)
 *
 * @param x - `[N, …, C]`.
 * @param factor - whole number, per spatial axis.
 * @returns `[N, … · factor, C]`.
 */
export function upsampleNearest<T extends tf.Tensor>(x: T, factor: PerAxis): T {
  const rank = spatialRankOf(x, "upsampleNearest");
  const factors = perAxis(factor, rank, "upsampleNearest: factor");
  const repeated = (): tf.Tensor =>
    rank === 2 ? repeat2d(x as tf.Tensor as tf.Tensor4D, factors) : repeatAxes(x, factors);
  return withGradient([x], () => ({
    value: repeated() as T,
    gradient: (dy) => [sumBlocks(dy, factors)],
  }));
}

function repeat2d(x: tf.Tensor4D, [fh = 1, fw = 1]: readonly number[]): tf.Tensor {
  return tf.image.resizeNearestNeighbor(x, [x.shape[1] * fh, x.shape[2] * fw]);
}

/** Repeats one spatial axis after the other: `[A, L, B]` → `[A, L, f, B]` → `[A, L·f, B]`. */
function repeatAxes(x: tf.Tensor, factors: readonly number[]): tf.Tensor {
  return factors.reduce((y, factor, index) => {
    const axis = index + 1;
    const shape = y.shape.slice();
    const before = shape.slice(0, axis + 1).reduce((a, b) => a * b, 1);
    const after = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const tiled = tf.tile(tf.reshape(y, [before, 1, after]), [1, factor, 1]);
    shape[axis] = (shape[axis] ?? 0) * factor;
    return tf.reshape(tiled, shape);
  }, x);
}

function sumBlocks(dy: tf.Tensor, factors: readonly number[]): tf.Tensor {
  const mean = averageWindows(dy, factors, factors);
  return tf.mul(
    mean,
    factors.reduce((a, b) => a * b, 1),
  );
}
