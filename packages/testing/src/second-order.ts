import * as tf from "@tensorflow/tfjs";
import { expectGradient, type GradientOptions, type TensorFunction } from "./gradient.ts";
import { pseudoRandom } from "./samples.ts";

/**
 * Checks the gradient of the gradient, which gradient penalties need: {@link expectGradient} of
 * `inputs ↦ ∇(⟨f, r⟩ + ½·‖f‖²)`, all inputs' gradients joined, r random and fixed. The square makes the
 * output gradient depend on the inputs, so that linear functions are tested too.
 *
 * PyTorch's counterpart is `torch.autograd.gradgradcheck`.
 *
 * @throws Error as expectGradient.
 */
export function expectSecondOrderGradient(
  f: TensorFunction,
  inputs: readonly tf.Tensor[],
  options: GradientOptions = {},
): void {
  const gradient: TensorFunction = (...xs) => {
    const scalar: TensorFunction = (...ys) => {
      const y = f(...ys);
      const r = tf.tensor(pseudoRandom(y.shape, 23), y.shape);
      return tf.sum(tf.mul(y, tf.add(r, tf.mul(y, 0.5))));
    };
    return tf.concat(
      tf
        .grads(scalar)(xs)
        .map((g) => tf.reshape(g, [-1])),
    );
  };
  expectGradient(gradient, inputs, options);
}
