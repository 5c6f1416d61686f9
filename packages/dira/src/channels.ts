import { ShapeError } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/**
 * Repeats the one channel of grey images to what an encoder takes, as opening them "as RGB" does.
 *
 * @throws ShapeError when the image has neither one nor `channels` channels.
 */
export function withChannels(x: tf.Tensor, channels: number): tf.Tensor {
  const own = x.shape[x.rank - 1];
  if (own === channels) return x;
  if (own !== 1) {
    throw new ShapeError(
      `Images must have 1 channel or the ${channels} that the encoder takes, got [${x.shape.join(", ")}].`,
      `… ${channels}`,
      x.shape,
    );
  }
  return tf.tile(x, [...new Array<number>(x.rank - 1).fill(1), channels]);
}
