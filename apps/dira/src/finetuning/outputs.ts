import { softmax, softmaxCrossEntropy } from "@dira/tensor";
import { binaryCrossEntropy, softDiceLoss } from "@dira/transfer";
import * as tf from "@tensorflow/tfjs";
import type { FinetuneConfig } from "./config.ts";

/** What the outputs of a network mean: its loss, and the probabilities that go with it. */
interface Outputs {
  readonly loss: (logits: tf.Tensor, targets: tf.Tensor) => tf.Scalar;
  readonly probabilities: (logits: tf.Tensor) => tf.Tensor;
}

/** By the name of the loss: labels or structures each by itself, or classes of which an image has one. */
export const OUTPUTS: Readonly<Record<FinetuneConfig["loss"], Outputs>> = {
  "binary-cross-entropy": { loss: binaryCrossEntropy, probabilities: tf.sigmoid },
  "cross-entropy": { loss: softmaxCrossEntropy, probabilities: softmax },
  dice: {
    loss: (logits, masks) => softDiceLoss(tf.sigmoid(logits), masks),
    probabilities: tf.sigmoid,
  },
};
