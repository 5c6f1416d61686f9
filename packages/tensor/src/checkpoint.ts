import * as tf from "@tensorflow/tfjs";
import { pullBack } from "./backward.ts";
import { isRecording, withGradient } from "./custom-gradient.ts";

/** What a block has of its own. */
export interface CheckpointVariables {
  /** What a gradient can flow to, beside the inputs. */
  readonly parameters?: Readonly<Record<string, tf.Variable>>;
  /** What a run of the block changes, such as running statistics: changed once, though it runs twice. */
  readonly buffers?: Readonly<Record<string, tf.Variable>>;
}

/**
 * Runs `f(…inputs)` and keeps nothing of it but the inputs: what its gradient needs is computed again when
 * the backward pass comes there. A chain of checkpoints holds the inputs of all and the inside of one, at the
 * cost of one further forward pass. Value and gradients are those of `f`, bit for bit under
 * {@link valueAndGradients}; under TensorFlow.js's own `tf.grads` the gradients of an input that is used elsewhere
 * as well are added up in another order.
 *
 * Where `f` is differentiable twice, so is this, for gradient penalties; the sums of the second order may be added up in
 * another order, and what is computed again is kept for it, which saves little. PyTorch's counterpart is
 * `torch.utils.checkpoint.checkpoint(f, *inputs, use_reentrant=False)`.
 *
 * @param f - must give the same both times: key random numbers outside. @param inputs - what a gradient
 *   can flow to; everything else that `f` uses is a constant.
 * @see Chen et al. 2016, https://arxiv.org/abs/1604.06174
 */
export function checkpoint<T extends tf.Tensor>(
  f: (...inputs: tf.Tensor[]) => T,
  inputs: readonly tf.Tensor[],
  { parameters = {}, buffers = {} }: CheckpointVariables = {},
): T {
  if (!isRecording()) return tf.tidy(() => f(...inputs));
  const leaves = [...inputs, ...Object.values(parameters)];
  return withGradient(leaves, (save) => {
    save([...inputs]);
    return {
      value: tf.tidy(() => f(...inputs)),
      gradient: (dy, saved) =>
        unchanged(Object.values(buffers), () => {
          const xs = [...saved, ...Object.values(parameters)];
          return pullBack({ f: () => f(...saved), xs, inputs: leaves, dy });
        }),
    };
  });
}

/** Runs `f` and puts back what it changes of these variables. */
function unchanged<T>(variables: readonly tf.Variable[], f: () => T): T {
  const before = variables.map((variable) => tf.clone(variable));
  try {
    return f();
  } finally {
    variables.forEach((variable, i) => variable.assign(before[i] as tf.Tensor));
    tf.dispose(before);
  }
}
