import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.ts";

/**
 * Tensors side by side along their last axis, `torch.cat(…, dim=1)` there. Its gradient is a split, for which it
 * keeps nothing (TensorFlow.js's own keeps all inputs).
 *
 * @param parts - `[…, Cᵢ]`, alike but for the channels.
 * @returns `[…, Σ Cᵢ]`.
 */
export function concatChannels(parts: readonly tf.Tensor[]): tf.Tensor {
  const widths = parts.map(({ shape }) => shape[shape.length - 1] ?? 0);
  return withGradient(parts, () => ({
    value: tf.concat([...parts], -1),
    gradient: (dy) => tf.split(dy, widths, -1),
  }));
}
