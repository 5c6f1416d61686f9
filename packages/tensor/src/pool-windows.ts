import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.ts";

type Pair = [number, number];
type Triple = [number, number, number];

/** Means of unpadded windows, differentiable to any order (TensorFlow.js's own only once). */
export function averageWindows(
  x: tf.Tensor,
  size: readonly number[],
  stride: readonly number[],
): tf.Tensor {
  return withGradient([x], () => ({
    value:
      x.rank === 5
        ? tf.avgPool3d(x as tf.Tensor5D, size as Triple, stride as Triple, "valid")
        : tf.avgPool(x as tf.Tensor4D, size as Pair, stride as Pair, "valid"),
    gradient: (dy) => [spreadWindows(dy, x.shape, size, stride)],
  }));
}

/** The adjoint of {@link averageWindows}: each value in equal parts to the positions of its window. */
function spreadWindows(
  dy: tf.Tensor,
  shape: readonly number[],
  size: readonly number[],
  stride: readonly number[],
): tf.Tensor {
  return withGradient([dy], () => {
    // The kernel reads no more of its input than the shape.
    const input = { shape, dtype: "float32" } as unknown as tf.Tensor;
    const attributes = { filterSize: size, strides: stride, pad: "valid" } as object;
    const kernel = shape.length === 5 ? "AvgPool3DGrad" : "AvgPoolGrad";
    return {
      value: tf
        .engine()
        .runKernel(kernel, { dy, input }, attributes as tf.NamedAttrMap) as tf.Tensor,
      gradient: (g) => [averageWindows(g, size, stride)],
    };
  });
}
