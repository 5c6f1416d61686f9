import { startEngine } from "@dira/engine";
import { expectGradient, pseudoRandom } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, it } from "vitest";
import { averagePool, conv, instanceNorm, leakyRelu } from "../src/index.ts";
import { enginesHere } from "../../../tools/testing/engines-here.ts";

/** A patch critic: strided convolution, instance norm, leaky ReLU, average pooling, scores. */
function critic(x: tf.Tensor, first: tf.Tensor, second: tf.Tensor): tf.Tensor {
  const hidden = leakyRelu(instanceNorm(conv(x, first, { stride: 2, padding: 1 })));
  return conv(averagePool(hidden, { size: 2 }), second, { padding: 1 });
}

/**
 * `mean (‖∇ₓ critic‖₂ − 1)²` over the batch.
 * Gulrajani et al. 2017, eq. 3, https://arxiv.org/abs/1704.00028
 */
function gradientPenalty(x: tf.Tensor, first: tf.Tensor, second: tf.Tensor): tf.Tensor {
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(critic(x, first, second)))(x);
  const squares = tf.sum(tf.reshape(tf.square(gradient), [x.shape[0] ?? 1, -1]), 1);
  return tf.mean(tf.square(tf.sub(tf.sqrt(squares), 1)));
}

describe.each(await enginesHere())("a gradient penalty on %s", (engine) => {
  beforeAll(async () => {
    await startEngine(engine);
  });

  it.each([2, 3])("has the right gradient in the critic's weights and its input, %dD", (rank) => {
    const random = (shape: number[], seed: number): tf.Tensor =>
      tf.tensor(pseudoRandom(shape, seed), shape);
    const kernel = [3, 3, 3].slice(0, rank);
    tf.tidy(() => {
      const x = random([2, ...[6, 7, 5].slice(0, rank), 1], 1);
      // Large weights: the penalty is far from its constant part, and steps are small beside them.
      const weights = [
        [...kernel, 1, 3],
        [...kernel, 3, 1],
      ].map((shape, i) => tf.mul(random(shape, i + 2), 5));
      expectGradient(
        (x, ...w) => gradientPenalty(x, ...(w as [tf.Tensor, tf.Tensor])),
        [x, ...weights],
        {
          step: 5e-3,
          tolerance: 1e-2,
        },
      );
    });
  });
});
