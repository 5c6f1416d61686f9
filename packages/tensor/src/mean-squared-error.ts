import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "./errors.ts";

/**
 * Mean squared error over all elements, as `torch.nn.functional.mse_loss`.
 *
 * @throws ShapeError when the shapes differ; nothing is broadcast.
 */
export function meanSquaredError(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  if (a.shape.join() !== b.shape.join()) {
    throw new ShapeError(
      `meanSquaredError: both must have one shape, got [${a.shape.join(", ")}] and [${b.shape.join(", ")}].`,
      a.shape.join(" "),
      b.shape,
    );
  }
  return tf.tidy(() => tf.mean(tf.square(tf.sub(a, b))));
}
