import { detach } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** The same values, of which the gradient is exactly 0: a parameter that takes part, but must not move yet. */
export function held(parameter: tf.Tensor): tf.Tensor {
  return tf.add(detach(parameter), tf.mul(parameter, 0));
}

/** Whether a training is still in this first share; one that does not tell its progress is not. */
export function isBefore(progress: number | undefined, share: number): boolean {
  return progress !== undefined && progress < share;
}
