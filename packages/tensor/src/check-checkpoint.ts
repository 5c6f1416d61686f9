import * as tf from "@tensorflow/tfjs";
import { relu } from "./activations.ts";
import { valueAndGradients } from "./backward.ts";
import { checkpoint } from "./checkpoint.ts";
import { conv } from "./conv.ts";

/** Accepted difference: rounding, where an engine's sums are not always the same bits. */
const TOLERANCE = 1e-4;

/**
 * Whether `checkpoint` gives the values and gradients of what it runs, under this package's backward pass
 * and under TensorFlow.js's own (which alone would lose its tape to the one within), and leaves nothing.
 */
export function isCheckpointRight(): boolean {
  const { numTensors } = tf.memory();
  try {
    return tf.tidy(areGradientsRight) && tf.memory().numTensors === numTensors;
  } catch {
    return false;
  }
}

function areGradientsRight(): boolean {
  const values = (shape: number[], seed: number): tf.Tensor => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tf.tensor(
      Array.from({ length: size }, (_, i) => Math.sin((i + 1) * seed)),
      shape,
    );
  };
  const x = values([2, 3, 4, 2], 12.9898);
  const weight = tf.variable(values([3, 3, 2, 2], 4.1414));
  try {
    const block = (input: tf.Tensor): tf.Tensor =>
      tf.add(relu(conv(input, weight, { padding: 1 })), input);
    const kept = (input: tf.Tensor): tf.Tensor =>
      checkpoint((again) => block(again as tf.Tensor), [input], { parameters: { weight } });
    const twice = (f: typeof block, input: tf.Tensor): tf.Scalar => tf.sum(tf.square(f(f(input))));
    const ours = (f: typeof block): tf.Tensor[] => {
      const { value, gradients } = valueAndGradients(() => twice(f, x), [x, weight]);
      return [value, ...(gradients as tf.Tensor[])];
    };
    const theirs = (f: typeof block): tf.Tensor[] => [tf.grad((input) => twice(f, input))(x)];
    return areAlike(ours(kept), ours(block)) && areAlike(theirs(kept), theirs(block));
  } finally {
    weight.dispose();
  }
}

function areAlike(found: readonly tf.Tensor[], expected: readonly tf.Tensor[]): boolean {
  return found.every((tensor, i) => {
    const other = expected[i] as tf.Tensor;
    const [difference, size] = [tf.sub(tensor, other), other].map(
      (t) => tf.sqrt(tf.sum(tf.square(t))).dataSync()[0] ?? NaN,
    ) as [number, number];
    return difference <= TOLERANCE * size;
  });
}
