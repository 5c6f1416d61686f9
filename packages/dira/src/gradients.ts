import type { Variables } from "@dira/nn";
import { DiraError } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/**
 * The gradient of `forward().scalars.loss` with respect to variables, by their own names.
 *
 * What `forward` returns is kept, with the gradients, until the tidy around the call ends.
 *
 * @throws DiraError naming a variable that the loss does not depend on.
 */
export function gradientsOf<T extends { readonly scalars: { readonly loss: tf.Scalar } }>(
  variables: Variables,
  forward: () => T & tf.TensorContainer,
): T & { readonly gradients: Record<string, tf.Tensor> } {
  const list = Object.values(variables);
  let result: T | undefined;
  const { value, grads } = tf.variableGrads(() => {
    const forwarded = forward();
    // The tidy around the forward pass would dispose of all but the loss.
    for (const tensor of tf.tensor_util.getTensorsInContainer(forwarded)) tf.keep(tensor);
    result = forwarded;
    return forwarded.scalars.loss;
  }, list);
  value.dispose();
  const gradients: Record<string, tf.Tensor> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const gradient = grads[variable.name];
    if (gradient === undefined || gradient === null) {
      throw new DiraError(
        `The loss does not depend on \`${name}\`: no gradient reaches it. Leave its part out, or give its loss a weight above 0.`,
      );
    }
    gradients[name] = gradient;
  }
  return { ...(result as T), gradients };
}
