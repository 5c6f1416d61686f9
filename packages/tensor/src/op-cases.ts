import * as tf from "@tensorflow/tfjs";
import { leakyRelu, relu } from "./activations.ts";
import { addBias } from "./add-bias.ts";
import { averagePool } from "./average-pool.ts";
import { batchNorm, batchNormInference, batchNormRelu } from "./batch-norm.ts";
import { convTranspose } from "./conv-transpose.ts";
import { conv } from "./conv.ts";
import { softmaxCrossEntropy } from "./cross-entropy.ts";
import { globalAveragePool, globalMaxPool } from "./global-pool.ts";
import { groupNorm } from "./group-norm.ts";
import { instanceNorm } from "./instance-norm.ts";
import { l2Normalize } from "./l2-normalize.ts";
import { layerNorm } from "./layer-norm.ts";
import { maxPool } from "./max-pool.ts";
import { meanSquaredError } from "./mean-squared-error.ts";
import { pad } from "./pad.ts";
import { resizeLinear, resizeNearest } from "./resize.ts";
import { softmax } from "./softmax.ts";
import type { SpatialRank } from "./spatial.ts";
import { splitBatchNorm } from "./split-batch-norm.ts";
import { upsampleNearest } from "./upsample.ts";

/** An operation with given options, and the shapes that its laws are checked at. */
export interface OpCase {
  /** E.g. `strided conv 2D`. */
  readonly name: string;
  readonly op: (x: tf.Tensor, ...rest: tf.Tensor[]) => tf.Tensor;
  /** Of the inputs, each of which has a gradient. */
  readonly shapes: readonly (readonly number[])[];
  /**
   * "linear" in each input apart, so its gradient is an exact adjoint; "smooth"; or with "kinks",
   * where inputs need distinct values.
   */
  readonly kind: "linear" | "smooth" | "kinks";
}

type T1 = tf.Tensor1D;

/** Every operation of this package at odd, unequal sizes, a batch above 1, and options per axis. */
export function opCases(): OpCase[] {
  return [...([2, 3] as const).flatMap(spatialCases), ...rankFreeCases()];
}

function spatialCases(rank: SpatialRank): OpCase[] {
  const take = (values: readonly number[]): number[] => values.slice(0, rank);
  const x = [2, ...take([4, 5, 3]), 4];
  const cases: OpCase[] = [
    ...convCases(x, take),
    ...poolCases(x, take),
    ...resizeCases(x, take),
    ...normCases(x),
    { name: "relu", op: (x) => relu(x), shapes: [x], kind: "kinks" },
    { name: "leakyRelu", op: (x) => leakyRelu(x), shapes: [x], kind: "kinks" },
    { name: "addBias", op: (x, b) => addBias(x, b as tf.Tensor), shapes: [x, [4]], kind: "smooth" },
  ];
  return cases.map((c) => ({ ...c, name: `${c.name} ${rank}D` }));
}

type Take = (values: readonly number[]) => number[];

function convCases(x: number[], take: Take): OpCase[] {
  const filter = (kernel: number[], inputs = 4, outputs = 2): number[] => [
    ...take(kernel),
    inputs,
    outputs,
  ];
  const two = (
    name: string,
    kernel: number[],
    op: (x: tf.Tensor, w: tf.Tensor) => tf.Tensor,
  ): OpCase => ({
    name,
    op: (x, w) => op(x, w as tf.Tensor),
    shapes: [x, kernel],
    kind: "linear",
  });
  return [
    two("conv", filter([3, 3, 3]), (x, w) => conv(x, w, { padding: 1 })),
    two("strided conv", filter([3, 2, 3]), (x, w) =>
      conv(x, w, { stride: take([2, 1, 2]), padding: take([1, 0, 1]) }),
    ),
    two("dilated conv", filter([2, 3, 2]), (x, w) =>
      conv(x, w, { dilation: take([3, 2, 1]), padding: 1, stride: take([1, 2, 1]) }),
    ),
    two("depthwise conv", filter([3, 3, 3], 1, 4), (x, w) => conv(x, w, { groups: 4, padding: 1 })),
    two("grouped conv", filter([3, 3, 2], 2, 4), (x, w) => conv(x, w, { groups: 2, stride: 2 })),
    two("pointwise conv", filter([1, 1, 1]), (x, w) => conv(x, w, { stride: take([2, 1, 2]) })),
    two("convTranspose", filter([3, 2, 3], 2, 4), (x, w) =>
      convTranspose(x, w, {
        stride: take([2, 1, 2]),
        padding: take([1, 0, 1]),
        outputPadding: take([1, 0, 0]),
      }),
    ),
  ];
}

function poolCases(x: number[], take: Take): OpCase[] {
  const window = { size: take([3, 2, 3]), stride: take([2, 1, 2]), padding: 1 };
  return [
    { name: "maxPool", op: (x) => maxPool(x, window), shapes: [x], kind: "kinks" },
    {
      name: "maxPool of negative values",
      op: (x) => maxPool(tf.sub(x, 64), window),
      shapes: [x],
      kind: "kinks",
    },
    { name: "averagePool", op: (x) => averagePool(x, window), shapes: [x], kind: "linear" },
    {
      name: "averagePool without its border",
      op: (x) => averagePool(x, { ...window, countPadding: false }),
      shapes: [x],
      kind: "linear",
    },
    { name: "globalAveragePool", op: (x) => globalAveragePool(x), shapes: [x], kind: "linear" },
    {
      name: "globalMaxPool",
      op: (x) => globalMaxPool(tf.sub(x, 64)),
      shapes: [x],
      kind: "kinks",
    },
  ];
}

function resizeCases(x: number[], take: Take): OpCase[] {
  const linear = (name: string, op: (x: tf.Tensor) => tf.Tensor): OpCase => ({
    name,
    op: (x) => op(x),
    shapes: [x],
    kind: "linear",
  });
  return [
    linear("upsampleNearest", (x) => upsampleNearest(x, take([2, 3, 1]))),
    linear("resizeNearest", (x) => resizeNearest(x, take([7, 3, 4]))),
    linear("resizeLinear", (x) => resizeLinear(x, take([7, 3, 4]))),
    linear("zero pad", (x) => pad(x, take([2, 0, 1]))),
    linear("edge pad", (x) => pad(x, take([2, 0, 1]), "edge")),
    linear("reflect pad", (x) => pad(x, take([2, 0, 1]), "reflect")),
  ];
}

function normCases(x: number[]): OpCase[] {
  const c: [number] = [x[x.length - 1] ?? 1];
  const four = [4, ...x.slice(1)];
  return [
    {
      name: "batchNorm",
      op: (x, g, b) => batchNorm(x, g as T1, b as T1),
      shapes: [x, c, c],
      kind: "smooth",
    },
    {
      name: "batchNormRelu",
      op: (x, g, b, residual) =>
        batchNormRelu(x, g as T1, b as T1, {
          residual: tf.add(residual as tf.Tensor, farFromZero(x.shape)),
        }),
      shapes: [x, c, c, x],
      kind: "smooth",
    },
    {
      name: "batchNormRelu without a residual",
      op: (x, g, b) => batchNormRelu(x, g as T1, tf.add(b as T1, farFromZero(c)) as T1),
      shapes: [x, c, c],
      kind: "smooth",
    },
    {
      name: "splitBatchNorm",
      op: (x, g, b) => splitBatchNorm(x, g as T1, b as T1, 2),
      shapes: [four, c, c],
      kind: "smooth",
    },
    {
      name: "batchNormInference",
      op: (x, g, b, m) => batchNormInference(x, g as T1, b as T1, m as T1, tf.ones(c)),
      shapes: [x, c, c, c],
      kind: "smooth",
    },
    { name: "instanceNorm", op: (x) => instanceNorm(x), shapes: [x], kind: "smooth" },
    {
      name: "groupNorm",
      op: (x, scale, offset) => groupNorm(x, 2, { scale, offset } as object),
      shapes: [x, c, c],
      kind: "smooth",
    },
    {
      name: "layerNorm",
      op: (x, scale, offset) => layerNorm(x, { scale, offset } as object),
      shapes: [x, c, c],
      kind: "smooth",
    },
  ];
}

/** Every other position far above a ReLU's kink, the rest far below. */
function farFromZero(shape: readonly number[]): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => (i % 2 ? 20 : -20)),
    [...shape],
  );
}

function rankFreeCases(): OpCase[] {
  const rows = [5, 6];
  const classes = (): tf.Tensor => tf.tensor1d([1, 5, 0, 2, 2], "int32");
  return [
    { name: "softmax", op: (x) => softmax(x), shapes: [rows], kind: "smooth" },
    {
      name: "softmaxCrossEntropy",
      op: (x) => softmaxCrossEntropy(x, classes()),
      shapes: [rows],
      kind: "smooth",
    },
    {
      name: "meanSquaredError",
      op: (a, b) => meanSquaredError(a, b as tf.Tensor),
      shapes: [rows, rows],
      kind: "smooth",
    },
    { name: "l2Normalize", op: (x) => l2Normalize(x), shapes: [rows], kind: "smooth" },
  ];
}
