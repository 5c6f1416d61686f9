import * as tf from "@tensorflow/tfjs";

/**
 * A check to call after each step: from the third on, the number of tensors in memory must stay what
 * it is then (the first steps may fill caches).
 *
 * @returns the check. @throws Error, from the check, with both counts.
 */
export function leakGuard(): () => void {
  let [calls, expected] = [0, 0];
  return () => {
    calls += 1;
    const { numTensors } = tf.memory();
    if (calls <= 3) expected = numTensors;
    else if (numTensors !== expected) {
      throw new Error(
        `Tensors leak: ${expected} in memory after the third step, ${numTensors} after ${calls === 4 ? "the next" : `${calls - 3} more`}. Wrap what the step does in tf.tidy, and dispose of its batch.`,
      );
    }
  };
}
