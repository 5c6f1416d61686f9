import * as tf from "@tensorflow/tfjs";

/**
 * Runs `f` twice and checks that the second run leaves exactly `outputs` more tensors than before
 * (the first may fill caches). What `f` returns is disposed of.
 *
 * @param outputs - tensors that `f` hands out. @defaultValue 1
 * @throws Error with both counts.
 */
export function expectNoLeak(f: () => tf.TensorContainer, outputs = 1): void {
  tf.dispose(f());
  const before = tf.memory().numTensors;
  const result = f();
  const after = tf.memory().numTensors;
  tf.dispose(result);
  if (after - before !== outputs) {
    throw new Error(`Expected ${outputs} new tensors, found ${after - before}.`);
  }
}
