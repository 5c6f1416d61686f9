import * as tf from "@tensorflow/tfjs";
import { convForward } from "./conv-kernels.ts";

/**
 * An unpadded dilated convolution of stride 1: positions d apart along an axis form an image of their
 * own, so the input is cut into d such images per axis, convolved plainly, and put together again.
 * (TensorFlow.js has no gradient for dilated convolutions.)
 */
export function dilatedConv(
  x: tf.Tensor,
  filter: tf.Tensor,
  dilation: readonly number[],
): tf.Tensor {
  const sizes = dilation.map(
    (d, axis) => (x.shape[axis + 1] ?? 0) - d * ((filter.shape[axis] ?? 1) - 1),
  );
  const missing = dilation.map((d, axis) => (d - ((x.shape[axis + 1] ?? 0) % d)) % d);
  const even = tf.pad(x, [[0, 0], ...missing.map((m): [number, number] => [0, m]), [0, 0]]);
  const cut = dilation.reduce((y, d, axis) => (d === 1 ? y : cutPhases(y, axis + 1, d)), even);
  const convolved = convForward(cut, filter, { stride: dilation.map(() => 1), mode: "valid" });
  const joined = dilation.reduceRight(
    (y, d, axis) => (d === 1 ? y : joinPhases(y, axis + 1, d)),
    convolved,
  );
  const channels = filter.shape[filter.rank - 1] ?? 1;
  return tf.slice(
    joined,
    joined.shape.map(() => 0),
    [x.shape[0] ?? 1, ...sizes, channels],
  );
}

/** `[N, …, L, …]` → `[d·N, …, L / d, …]`: item p·N + n holds positions p, p + d, p + 2·d, … */
function cutPhases(x: tf.Tensor, axis: number, d: number): tf.Tensor {
  const { batch, before, length, after } = around(x, axis);
  const phases = tf.reshape(x, [batch, before, length / d, d, after]);
  return withAxis(tf.transpose(phases, [3, 0, 1, 2, 4]), x, axis, batch * d, length / d);
}

/** The inverse of {@link cutPhases}. */
function joinPhases(x: tf.Tensor, axis: number, d: number): tf.Tensor {
  const { batch, before, length, after } = around(x, axis);
  const phases = tf.reshape(x, [d, batch / d, before, length, after]);
  return withAxis(tf.transpose(phases, [1, 2, 3, 0, 4]), x, axis, batch / d, length * d);
}

function around(
  x: tf.Tensor,
  axis: number,
): Record<"batch" | "before" | "length" | "after", number> {
  const sizeOf = (shape: number[]): number => shape.reduce((a, b) => a * b, 1);
  return {
    batch: x.shape[0] ?? 1,
    before: sizeOf(x.shape.slice(1, axis)),
    length: x.shape[axis] ?? 1,
    after: sizeOf(x.shape.slice(axis + 1)),
  };
}

function withAxis(
  y: tf.Tensor,
  like: tf.Tensor,
  axis: number,
  batch: number,
  length: number,
): tf.Tensor {
  const shape = like.shape.slice();
  shape[0] = batch;
  shape[axis] = length;
  return tf.reshape(y, shape);
}
