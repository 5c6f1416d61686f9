import * as tf from "@tensorflow/tfjs";

/** An image or volume, and how a filter's windows lie on it, per spatial axis. */
interface Windows {
  readonly x: tf.Tensor;
  readonly stride: readonly number[];
  /** At both ends. */
  readonly padding: readonly number[];
}

/**
 * The same convolution where an axis has a single window and a stride: of what that window sees, without a stride. For images of
 * one channel whose last axis is such a one oneDNN gives wrong values, in TensorFlow 2.21 as in PyTorch 2.13.
 *
 * @param kernel - sizes of the filter, per spatial axis.
 */
export function withoutIdleStrides(
  { x, stride, padding }: Windows,
  kernel: readonly number[],
): Windows {
  const axes = kernel.map((seen, axis) => {
    const [step = 1, before = 0, size = 0] = [stride[axis], padding[axis], x.shape[axis + 1]];
    const isIdle = step > 1 && size + 2 * before - seen < step;
    if (!isIdle) return { step, before, size, border: [0, 0] as [number, number] };
    const border: [number, number] = [before, Math.max(0, seen - size - before)];
    return { step: 1, before: 0, size: seen, border };
  });
  if (axes.every(({ step }, axis) => step === stride[axis])) return { x, stride, padding };
  const padded = tf.pad(x, [[0, 0], ...axes.map(({ border }) => border), [0, 0]]);
  const sizes = [x.shape[0] ?? 0, ...axes.map(({ size }) => size), x.shape[x.rank - 1] ?? 0];
  return {
    x: tf.slice(padded, Array(x.rank).fill(0), sizes),
    stride: axes.map(({ step }) => step),
    padding: axes.map(({ before }) => before),
  };
}
