import * as tf from "@tensorflow/tfjs";
import { offsetsOf, placeSlice, windowSlice } from "./window-slices.ts";

// Convolution's gradients from other operations, for engines without right kernels of their own. Slower
// than a kernel, and unpadded: padding is the caller's.

/** The filter's gradient: for each position of the kernel, a product of what it saw with dy. */
export function composedFilterGradient(
  x: tf.Tensor,
  dy: tf.Tensor,
  shape: readonly number[],
  stride: readonly number[],
): tf.Tensor {
  const [channels = 1, outChannels = 1] = shape.slice(-2);
  const rows = tf.reshape(dy, [dy.size / outChannels, outChannels]);
  const parts = offsetsOf(shape.slice(0, -2)).map((offset) => {
    const seen = windowSlice(x, offset, dy.shape.slice(1, -1), stride);
    return tf.matMul(tf.reshape(seen, [seen.size / channels, channels]), rows, true);
  });
  return tf.reshape(tf.stack(parts), [...shape]);
}

/** The input's gradient: a plain convolution of dy, put `stride` apart, with the kernel turned about. */
export function composedInputGradient(
  dy: tf.Tensor5D,
  filter: tf.Tensor5D,
  shape: readonly number[],
  stride: readonly number[],
): tf.Tensor {
  const kernel = filter.shape.slice(0, -2);
  const turned = tf.transpose(tf.reverse(filter, [0, 1, 2]), [0, 1, 2, 4, 3]);
  const wide = shape.map((size, axis) => size + (kernel[axis - 1] ?? 1) - 1);
  const apart = placeSlice(
    dy,
    kernel.map((k) => k - 1),
    wide,
    stride,
  );
  return tf.conv3d(apart as tf.Tensor5D, turned, 1, "valid");
}
