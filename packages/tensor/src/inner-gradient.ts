import * as tf from "@tensorflow/tfjs";
import { backward, record, type TapeEngine } from "./backward.ts";
import { DiraError } from "./errors.ts";

/** What {@link innerGradient} differentiates. */
export interface Inner<T extends tf.Tensor> {
  readonly value: tf.Scalar;
  /** A tensor that was made on the way to the value. */
  readonly at: T;
}

/** A scalar, a tensor on the way to it, and the gradient there. */
export interface InnerGradient<T extends tf.Tensor> extends Inner<T> {
  /** `∂ value / ∂ at`, of its shape; zeros where the value does not depend on it. */
  readonly gradient: T;
}

/**
 * The gradient of a scalar with respect to a tensor that `f` itself makes: a feature map within a network, say, as
 * PyTorch's `retain_grad()` keeps it. Only what lies between the two is gone back through.
 *
 * @param f - gives the scalar and the tensor, which it must have computed the scalar from without copying it first.
 * @returns tensors that the caller owns.
 * @throws DiraError within the `f` of another gradient, where TensorFlow.js has no second tape.
 */
export function innerGradient<T extends tf.Tensor>(f: () => Inner<T>): InnerGradient<T> {
  const engine = tf.engine() as unknown as TapeEngine;
  if (engine.state.gradientDepth > 0) {
    throw new DiraError(
      "innerGradient: called within another gradient. Take it by itself, outside of what is differentiated.",
    );
  }
  return tf.tidy(() => {
    const { value: inner, tape } = record(engine, () => ({ ...f() }));
    const { value, at } = inner;
    const [gradient] = backward(tape, [at], value, () => tf.onesLike(value));
    return { value, at, gradient: (gradient ?? tf.zerosLike(at)) as T };
  });
}
