import { ShapeError } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** Options of {@link softDiceLoss}. */
export interface SoftDiceOptions {
  /** Added to numerator and denominator, so that an empty mask has a value. @defaultValue 1 (the benchmark's) */
  readonly smooth?: number;
  /** `"batch"`: one ratio over all pixels of the batch; `"image"`: one each, averaged. @defaultValue "batch" */
  readonly over?: "batch" | "image";
}

/**
 * Soft Dice loss `1 − (2 Σ p·y + s) / (Σ p + Σ y + s)`, per structure, averaged over structures.
 *
 * @param probabilities - `[N, …, structures]` in [0, 1].
 * @param masks - of the same shape, 0 or 1.
 * @throws ShapeError when the shapes differ.
 * @see Milletari et al. 2016 (with squares in the denominator), https://arxiv.org/abs/1606.04797; as here, `dice_loss` of
 *   MR-HosseinzadehTaher/BenchmarkTransferLearning and MONAI's `DiceLoss`
 */
export function softDiceLoss(
  probabilities: tf.Tensor,
  masks: tf.Tensor,
  { smooth = 1, over = "batch" }: SoftDiceOptions = {},
): tf.Scalar {
  if (probabilities.shape.join() !== masks.shape.join()) {
    throw new ShapeError(
      `softDiceLoss: probabilities and masks must have one shape, got [${probabilities.shape.join(", ")}] and [${masks.shape.join(", ")}].`,
      probabilities.shape.join(" "),
      masks.shape,
    );
  }
  return tf.tidy(() => {
    const [images = 1] = masks.shape;
    const structures = masks.shape[masks.rank - 1] ?? 1;
    // [images or 1, pixels, structures]
    const flat = (x: tf.Tensor): tf.Tensor =>
      tf.reshape(x, [over === "image" ? images : 1, -1, structures]);
    const [p, y] = [flat(probabilities), flat(masks)];
    const both = tf.sum(tf.mul(p, y), 1);
    const dice = tf.div(
      tf.add(tf.mul(both, 2), smooth),
      tf.add(tf.add(tf.sum(p, 1), tf.sum(y, 1)), smooth),
    );
    return tf.mean(tf.sub(1, dice)) as tf.Scalar;
  });
}
