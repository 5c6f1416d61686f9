import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.ts";

/**
 * Runs `f` without recording it: no gradient flows from its result to anything it used.
 * PyTorch's counterpart is `torch.no_grad()` with `.detach()`. TensorFlow.js has no stop-gradient of
 * its own.
 *
 * @param f - computes one tensor; its intermediate tensors are disposed of.
 * @returns the tensor, a constant to every gradient.
 */
export function withoutGradient<T extends tf.Tensor>(f: () => T): T {
  return tf.tidy(() => {
    const nothing = tf.scalar(0);
    return withGradient([nothing], () => ({ value: f(), gradient: () => [tf.zerosLike(nothing)] }));
  });
}

/** The same values as a constant: no gradient flows back through the result. */
export function detach<T extends tf.Tensor>(x: T): T {
  return withoutGradient(() => tf.clone(x) as T);
}
