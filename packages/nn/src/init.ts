import { perAxis } from "@dira/tensor";
import type { Random } from "@dira/random";
import * as tf from "@tensorflow/tfjs";

/** Fills a new variable's values; `shape` is TensorFlow.js's (`[…, fan in, fan out]`). */
export type Initializer = (shape: readonly number[], random: Random) => Float32Array;

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Inputs and outputs of one unit, times the kernel's positions. */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const positions = sizeOf(shape.slice(0, -2));
  return {
    fanIn: positions * (shape[shape.length - 2] ?? 1),
    fanOut: positions * (shape[shape.length - 1] ?? 1),
  };
}

/** N(0, `std`²). */
export function normal(std: number): Initializer {
  return (shape, random) => {
    const values = new Float32Array(sizeOf(shape));
    random.fillNormal(values, 0, std);
    return values;
  };
}

/** U(−`bound`, `bound`), the bound taken from the shape. */
function uniform(bound: (shape: readonly number[]) => number): Initializer {
  return (shape, random) => {
    const limit = bound(shape);
    return Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-limit, limit));
  };
}

/** `N(0, 2 / fan out)`: torchvision's ResNets (He et al. 2015, https://arxiv.org/abs/1502.01852). */
export const kaimingNormalFanOut: Initializer = (shape, random) =>
  normal(Math.sqrt(2 / fans(shape).fanOut))(shape, random);

/** `U(±√(6 / fan in))`: smp's decoders (`kaiming_uniform_` with ReLU's gain). */
export const kaimingUniformFanIn: Initializer = uniform((shape) =>
  Math.sqrt(6 / fans(shape).fanIn),
);

/** `U(±√(6 / (fan in + fan out)))`: smp's heads (Glorot and Bengio 2010). */
export const xavierUniform: Initializer = uniform((shape) => {
  const { fanIn, fanOut } = fans(shape);
  return Math.sqrt(6 / (fanIn + fanOut));
});

/** `U(±1 / √fan in)`: PyTorch's default for linear layers, weights and biases. */
export function torchDefault(fanIn: number): Initializer {
  return uniform(() => 1 / Math.sqrt(fanIn));
}

/** A variable that an initialiser fills. Its TensorFlow.js name is left to the engine. */
export function initialise(
  shape: readonly number[],
  initializer: Initializer,
  random: Random,
): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(initializer(shape, random), [...shape], "float32")));
}

/** A variable of one value. */
export function filled(shape: readonly number[], value: number, trainable = true): tf.Variable {
  return tf.tidy(() => tf.variable(tf.fill([...shape], value), trainable));
}

/** The filter shape of a convolution: `[k…, in, out]`. */
export function filterShape(
  rank: 2 | 3,
  kernel: number | readonly number[],
  inChannels: number,
  outChannels: number,
): number[] {
  return [...perAxis(kernel, rank, "kernel"), inChannels, outChannels];
}
