import * as tf from "@tensorflow/tfjs";
import type { ConvShape } from "./conv-shape.ts";

/** An input and how the windows of a convolution lie on it. */
type Windows = Pick<ConvShape, "stride" | "padding"> & { readonly x: tf.Tensor };

/**
 * The same convolution where an axis has a single window and a stride: of what that window sees, without a stride. For images of
 * one channel whose last axis is such a one oneDNN gives wrong values, in TensorFlow 2.21 as in PyTorch 2.13.
 */
export function withoutIdleStrides(x: tf.Tensor, shape: ConvShape): Windows {
  const { kernel, stride, padding, dilation } = shape;
  const axes = kernel.map((size, axis) => {
    const [step = 1, before = 0, input = 0] = [stride[axis], padding[axis], x.shape[axis + 1]];
    const seen = (dilation[axis] ?? 1) * (size - 1) + 1;
    const isIdle = step > 1 && input + 2 * before - seen < step;
    if (!isIdle) return { step, before, size: input, border: [0, 0] as [number, number] };
    const border: [number, number] = [before, Math.max(0, seen - input - before)];
    return { step: 1, before: 0, size: seen, border };
  });
  if (axes.every(({ step }, axis) => step === stride[axis])) return { x, stride, padding };
  const padded = tf.pad(x, [[0, 0], ...axes.map(({ border }) => border), [0, 0]]);
  const sizes = [x.shape[0] ?? 0, ...axes.map(({ size }) => size), x.shape[x.rank - 1] ?? 0];
  return {
    x: tf.slice(
      padded,
      sizes.map(() => 0),
      sizes,
    ),
    stride: axes.map(({ step }) => step),
    padding: axes.map(({ before }) => before),
  };
}
