import { DiraError } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** Which logit a heat map explains: one of all images, or one for each. */
export type Outputs = number | readonly number[];

/**
 * The logits that are asked for, one an image.
 *
 * @param logits - `[N, outputs]`. @returns `[N]`.
 * @throws DiraError for an output that there is not, or another number of outputs than images.
 */
export function scoreOfOutput(where: string, logits: tf.Tensor2D, output: Outputs): tf.Tensor1D {
  const [images, count] = logits.shape;
  const each = typeof output === "number" ? Array<number>(images).fill(output) : [...output];
  if (each.length !== images) {
    throw new DiraError(
      `${where}: expected an \`output\` for each of ${images} images, got ${each.length}.`,
    );
  }
  const bad = each.find((o) => !Number.isInteger(o) || o < 0 || o >= count);
  if (bad !== undefined) {
    throw new DiraError(
      `${where}: expected \`output\` as the number of a logit, 0 to ${count - 1}, got ${bad}.`,
    );
  }
  const chosen = new Float32Array(images * count);
  each.forEach((o, n) => (chosen[n * count + o] = 1));
  return tf.tidy(() => tf.sum(tf.mul(logits, tf.tensor2d(chosen, [images, count])), 1));
}
