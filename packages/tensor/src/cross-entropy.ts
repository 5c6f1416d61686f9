import * as tf from "@tensorflow/tfjs";
import { checkShapes } from "./check-shapes.ts";
import { withGradient } from "./custom-gradient.ts";
import { DiraError } from "./errors.ts";
import { softmax } from "./softmax.ts";

/**
 * Cross-entropy of softmax probabilities against targets, as `torch.nn.functional.cross_entropy`, in
 * nats, from logits so that nothing overflows. Differentiable to any order in the logits.
 *
 * `L = −1/N Σₙ Σₖ pₙₖ · log softmax(logitsₙ)ₖ`; `log K` for equal logits.
 *
 * @param logits - `[N, K]`.
 * @param targets - class numbers from 0, `int32` `[N]`, or probabilities, `float32` `[N, K]`; constants.
 * @returns scalar, mean over N.
 * @throws ShapeError when N or K disagree, DiraError for class numbers that are not `int32`.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 */
export function softmaxCrossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Scalar {
  const { K = 1, N = 1 } = checkShapes("softmaxCrossEntropy", {
    logits: [logits, "N K"],
    targets: [targets, targets.rank === 1 ? "N" : "N K"],
  });
  if (targets.rank === 1 && targets.dtype !== "int32") {
    throw new DiraError(
      `softmaxCrossEntropy: class numbers must be int32, got ${targets.dtype}. Cast them, or give probabilities of [N, K].`,
    );
  }
  return tf.tidy(() => {
    const p = targets.rank === 1 ? tf.oneHot(targets as tf.Tensor1D, K) : targets;
    return withGradient([logits], (save) => {
      save([logits, p]);
      const gradient = (dy: tf.Tensor, saved: readonly tf.Tensor[]): tf.Tensor[] => {
        const [logits, p] = saved as [tf.Tensor, tf.Tensor];
        const mass = tf.sum(p, -1, true); // 1, unless the targets are no probabilities
        const excess = tf.sub(tf.mul(softmax(logits), mass), p);
        return [tf.mul(excess, tf.div(dy, N))];
      };
      const perClass = tf.mul(p, tf.logSoftmax(logits));
      return { value: tf.div(tf.neg(tf.sum(perClass)), N) as tf.Scalar, gradient };
    });
  });
}
