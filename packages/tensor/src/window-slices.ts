import * as tf from "@tensorflow/tfjs";
import { averageWindows } from "./pool-windows.ts";

/** All positions of a window, the last axis fastest: `[[0, 0], [0, 1], …]`. */
export function offsetsOf(size: readonly number[]): number[][] {
  return size.reduce<number[][]>(
    (all, length) => all.flatMap((offset) => Array.from({ length }, (_, i) => [...offset, i])),
    [[]],
  );
}

/**
 * What unpadded windows see at one of their positions: `y[n, o, c] = x[n, o·stride + offset, c]`.
 *
 * @param windows - number of windows, per spatial axis.
 */
export function windowSlice(
  x: tf.Tensor,
  offset: readonly number[],
  windows: readonly number[],
  stride: readonly number[],
): tf.Tensor {
  const span = windows.map((count, axis) => (count - 1) * (stride[axis] ?? 1) + 1);
  const [batch = 1] = x.shape;
  const channels = x.shape[x.rank - 1] ?? 1;
  const part = tf.slice(x, [0, ...offset, 0], [batch, ...span, channels]);
  return stride.every((s) => s === 1) ? part : averageWindows(part, ones(stride), stride);
}

function ones(stride: readonly number[]): number[] {
  return stride.map(() => 1);
}
