import { checkShapes, softmax, softmaxCrossEntropy, withoutGradient } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { checkPair, checkPositive } from "./check.ts";

/** Options of {@link dinoLoss}. */
export interface DinoLossOptions {
  /** τ_s of the student. @defaultValue 0.1 (DINO) */
  readonly studentTemperature?: number;
  /** τ_t of the teacher: lower is sharper. @defaultValue 0.04 (DINO, at its start) */
  readonly teacherTemperature?: number;
}

/**
 * Self-distillation: the student's distribution over prototypes is to be the teacher's, which is
 * centred and sharpened.
 *
 * `L = −1/N Σₙ Σₖ softmax((tₙ − c)/τ_t)ₖ log softmax(sₙ/τ_s)ₖ`. No gradient flows to teacher or centre.
 *
 * @param student - logits `[N, K]`. @param teacher - logits `[N, K]`. @param center - c, `[K]`.
 * @returns scalar, mean over N, in nats; `log K` for equal students.
 * @throws ShapeError when N or K disagree; DiraError for an empty batch or a temperature that is
 *   not positive.
 * @see Caron et al. 2021, algorithm 1, https://arxiv.org/abs/2104.14294
 */
export function dinoLoss(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  center: tf.Tensor1D,
  { studentTemperature = 0.1, teacherTemperature = 0.04 }: DinoLossOptions = {},
): tf.Scalar {
  checkPair("dinoLoss", ["student", student], ["teacher", teacher], 1);
  checkShapes("dinoLoss", { teacher: [teacher, "N K"], center: [center, "K"] });
  checkPositive("dinoLoss", { studentTemperature, teacherTemperature });
  return tf.tidy(() => {
    const wanted = withoutGradient(() =>
      softmax(tf.div(tf.sub(teacher, center), teacherTemperature)),
    );
    return softmaxCrossEntropy(tf.div(student, studentTemperature), wanted);
  });
}
