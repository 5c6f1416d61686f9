import * as tf from "@tensorflow/tfjs";
import { leakyRelu, relu } from "./activations.ts";
import { addBias } from "./add-bias.ts";
import { batchNorm, batchNormRelu } from "./batch-norm.ts";
import { conv } from "./conv.ts";
import { instanceNorm } from "./instance-norm.ts";
import { maxPool } from "./pool.ts";
import { upsampleNearest } from "./upsample.ts";

type Op = (x: tf.Tensor, ...rest: tf.Tensor[]) => tf.Tensor;

interface Probe {
  readonly name: string;
  readonly op: Op;
  /** Shapes of the operation's tensors, each of which gets its gradient checked. */
  readonly shapes: readonly (readonly number[])[];
}

const channels = 3;
const probes: readonly Probe[] = [2, 3].flatMap((rank) => {
  const x = [2, ...[6, 5, 4].slice(0, rank), channels];
  const even = [2, ...[4, 6, 4].slice(0, rank), channels];
  const filter = [...[3, 3, 3].slice(0, rank), channels, 4];
  return [
    {
      name: `conv ${rank}D`,
      op: (x, w) => conv(x, w as tf.Tensor, { padding: 1 }),
      shapes: [x, filter],
    },
    {
      name: `strided conv ${rank}D`,
      op: (x, w) => conv(x, w as tf.Tensor, { stride: 2, padding: 1 }),
      shapes: [x, filter],
    },
    {
      name: `maxPool ${rank}D`,
      op: (x) => maxPool(x, { size: 3, stride: 2, padding: 1 }),
      shapes: [x],
    },
    { name: `upsampleNearest ${rank}D`, op: (x) => upsampleNearest(x, 2), shapes: [even] },
    { name: `instanceNorm ${rank}D`, op: (x) => instanceNorm(x), shapes: [x] },
    { name: `relu ${rank}D`, op: (x) => relu(x), shapes: [x] },
    { name: `leakyRelu ${rank}D`, op: (x) => leakyRelu(x), shapes: [x] },
    {
      name: `addBias ${rank}D`,
      op: (x, b) => addBias(x, b as tf.Tensor),
      shapes: [x, [channels]],
    },
    {
      name: `batchNormRelu ${rank}D`,
      op: (x, g, b, residual) =>
        batchNormRelu(x, g as tf.Tensor1D, b as tf.Tensor1D, {
          residual: tf.add(residual as tf.Tensor, farFromZero(x.shape)),
        }),
      shapes: [x, [channels], [channels], x],
    },
    {
      name: `batchNorm ${rank}D`,
      op: (x, g, b) => batchNorm(x, g as tf.Tensor1D, b as tf.Tensor1D),
      shapes: [x, [channels], [channels]],
    },
  ] satisfies Probe[];
});

/**
 * A quick self-check of the engine in use: the gradient of each operation that the networks need,
 * against central differences along a fixed direction, in 2D and 3D.
 *
 * @returns the names of the operations whose gradients are wrong or missing; empty when all is well.
 */
export function checkEngine(): string[] {
  return probes.filter((probe) => !isGradientRight(probe)).map((probe) => probe.name);
}

function isGradientRight({ op, shapes }: Probe): boolean {
  try {
    return tf.tidy(() => {
      const inputs = shapes.map((shape, i) => waves(shape, i + 1));
      const directions = shapes.map((shape, i) => waves(shape, i + 5));
      const weights = waves(op(...(inputs as [tf.Tensor])).shape, 11);
      const f = (...xs: tf.Tensor[]): tf.Scalar =>
        tf.sum(tf.mul(op(...(xs as [tf.Tensor])), weights));
      const gradients = tf.grads(f)(inputs);
      return gradients.every((gradient, i) => {
        const along = tf.sum(tf.mul(gradient, directions[i] as tf.Tensor)).dataSync()[0] ?? NaN;
        const at = (h: number): number => {
          const moved = inputs.map((x, j) =>
            i === j ? tf.add(x, tf.mul(directions[j] as tf.Tensor, h)) : x,
          );
          return f(...moved).dataSync()[0] ?? NaN;
        };
        const h = 1e-2;
        const numeric = (at(h) - at(-h)) / (2 * h);
        return Math.abs(numeric - along) <= 0.02 * (Math.abs(numeric) + 1);
      });
    });
  } catch {
    return false;
  }
}

/** Half of the positions far above a ReLU's kink, half far below. */
function farFromZero(shape: readonly number[]): tf.Tensor {
  return tf.mul(tf.sign(waves(shape, 3)), 20);
}

/** Distinct values without ties, so that no maximum or kink lies within a step. */
function waves(shape: readonly number[], seed: number): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from(
    { length: size },
    (_, i) => Math.sin(i * 12.9898 * seed + seed) * 1.5,
  );
  return tf.tensor(values, shape as number[]);
}
