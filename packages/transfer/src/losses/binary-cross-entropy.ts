import { ShapeError } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/**
 * Binary cross-entropy of each label, from logits, over the labels that are known:
 * `L = 1/K Σ log(1 + exp(xₖ)) − xₖ yₖ`, as `torch.nn.functional.binary_cross_entropy_with_logits` where all are known.
 *
 * @param logits - of any shape.
 * @param labels - of the same shape: 0, 1 or a share between; NaN where unknown, which then takes no part. 0 where none
 *   is known.
 * @throws ShapeError when the shapes differ.
 */
export function binaryCrossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  if (logits.shape.join() !== labels.shape.join()) {
    throw new ShapeError(
      `binaryCrossEntropy: logits and labels must have one shape, got [${logits.shape.join(", ")}] and [${labels.shape.join(", ")}].`,
      logits.shape.join(" "),
      labels.shape,
    );
  }
  return tf.tidy(() => {
    const unknown = tf.isNaN(labels);
    const known = tf.cast(tf.logicalNot(unknown), "float32");
    const y = tf.where(unknown, tf.zerosLike(labels), labels);
    const each = tf.sub(tf.softplus(logits), tf.mul(logits, y));
    const count = tf.maximum(tf.sum(known), 1);
    return tf.div(tf.sum(tf.mul(each, known)), count) as tf.Scalar;
  });
}
