import { checkpoint } from "@dira/tensor";
import type * as tf from "@tensorflow/tfjs";
import type { Module } from "./module.ts";

/**
 * The same module, of whose forward pass in training only the input is kept: its inside is computed again in
 * the backward pass. Names, values, gradients and running statistics stay as they are.
 *
 * @see {@link checkpoint} of `@dira/tensor`
 */
export function checkpointed<T extends Module<tf.Tensor, tf.Tensor>>(module: T): T {
  return {
    ...module,
    apply: (x, mode) =>
      mode === "infer"
        ? module.apply(x, mode)
        : checkpoint((input) => module.apply(input as tf.Tensor, mode), [x], module),
  };
}
