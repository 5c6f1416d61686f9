import * as tf from "@tensorflow/tfjs";

/** What a differentiable operation computes, and how its gradient follows from what it saved. */
export interface Differentiable<T extends tf.Tensor> {
  readonly value: T;
  /** From the gradient of the value to those of the inputs, in their order. */
  readonly gradient: (dy: tf.Tensor, saved: readonly tf.Tensor[]) => tf.Tensor[];
}

/**
 * An operation with its own gradient: `tf.customGrad` with its arguments in an array, and typed.
 *
 * @param inputs - the tensors that a gradient can flow to.
 * @param define - runs unrecorded; `save` keeps tensors for the gradient.
 */
export function withGradient<T extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  define: (save: (tensors: tf.Tensor[]) => void) => Differentiable<T>,
): T {
  const op = tf.customGrad<T>((...args) => {
    const save = args[args.length - 1] as tf.GradSaveFunc;
    const { value, gradient } = define(save);
    return { value, gradFunc: (dy, saved) => gradient(dy, saved) };
  });
  return op(...inputs);
}

/** Whether what runs now is recorded: in a gradient function, that a gradient of it will be asked for. */
export function isRecording(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}
