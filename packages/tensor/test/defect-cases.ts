import { distinctValues } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import * as ops from "../src/index.ts";
import { adjoint, all, type Defect, gradientAt, MISSING, random, twice, WRONG } from "./defect.ts";

const filter = (...shape: number[]): tf.Tensor => random(shape, 2);
const [as4, as5] = [(x: tf.Tensor) => x as tf.Tensor4D, (x: tf.Tensor) => x as tf.Tensor5D];

const resizing: Defect[] = [
  {
    name: "resizeBilinear's gradient forgets halfPixelCenters",
    engines: ["cpu", "tensorflow"],
    stock: (x) => tf.image.resizeBilinear(as4(x), [7, 7], false, true),
    ours: (x) => ops.resizeLinear(x, 7),
    check: adjoint(1, 4, 4, 2),
    fails: WRONG,
  },
  {
    name: "resizeBilinear's gradient throws unless the image is square",
    engines: ["cpu"],
    stock: (x) => tf.image.resizeBilinear(as4(x), [8, 5]),
    ours: (x) => ops.resizeLinear(x, [8, 5]),
    check: adjoint(1, 4, 3, 2),
    fails: /./,
  },
  {
    name: "resizeNearestNeighbor's gradient mixes up batch items",
    engines: ["cpu"],
    stock: (x) => tf.image.resizeNearestNeighbor(as4(x), [8, 8]),
    ours: (x) => ops.upsampleNearest(x, 2),
    check: adjoint(2, 4, 4, 2),
    fails: WRONG,
  },
  {
    name: "mirrorPad's gradient drops what the mirror saw",
    engines: all,
    stock: (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [2, 2],
          [1, 1],
          [0, 0],
        ],
        "reflect",
      ),
    ours: (x) => ops.pad(x, [2, 1], "reflect"),
    check: adjoint(1, 4, 4, 2),
    fails: WRONG,
  },
];

const convolution: Defect[] = [
  {
    name: "conv3dTranspose has no gradient",
    engines: all,
    stock: (x) =>
      tf.conv3dTranspose(as5(x), as5(filter(2, 2, 2, 3, 2)), [1, 4, 6, 4, 3], 2, "valid"),
    ours: (x) => ops.convTranspose(x, filter(2, 2, 2, 3, 2), { stride: 2 }),
    check: adjoint(1, 2, 3, 2, 2),
    fails: MISSING,
  },
  {
    name: "a dilated conv2d has no gradient",
    engines: all,
    stock: (x) => tf.conv2d(as4(x), as4(filter(3, 3, 2, 2)), 1, "valid", "NHWC", 2),
    ours: (x) => ops.conv(x, filter(3, 3, 2, 2), { dilation: 2 }),
    check: adjoint(1, 6, 7, 2),
    fails: /./,
  },
  {
    name: "conv3d has no second-order gradient",
    engines: ["tensorflow", "cpu"],
    stock: (x) => tf.conv3d(as5(x), as5(filter(2, 2, 2, 2, 2)), 1, "valid"),
    ours: (x) => ops.conv(x, filter(2, 2, 2, 2, 2)),
    check: twice(() => random([1, 3, 3, 3, 2])),
    fails: MISSING,
  },
  {
    name: "conv2d's filter has no second-order gradient",
    engines: ["tensorflow", "cpu"],
    stock: (w) => tf.conv2d(as4(random([1, 5, 5, 2])), as4(w), 1, "valid"),
    ours: (w) => ops.conv(random([1, 5, 5, 2]), w),
    check: twice(() => random([3, 3, 2, 2])),
    fails: MISSING,
  },
  {
    name: "conv2d's filter has no gradient",
    engines: ["wasm"],
    stock: (w) => tf.conv2d(as4(random([1, 5, 5, 2])), as4(w), 1, "valid"),
    ours: (w) => ops.conv(random([1, 5, 5, 2]), w),
    check: adjoint(3, 3, 2, 2),
    fails: /Conv2DBackpropFilter/,
  },
  {
    name: "conv3d's input gradient is wrong",
    engines: ["wasm"],
    stock: (x) => tf.conv3d(as5(x), as5(filter(3, 3, 3, 2, 2)), 1, "same"),
    ours: (x) => ops.conv(x, filter(3, 3, 3, 2, 2), { padding: 1 }),
    check: adjoint(2, 4, 5, 3, 2),
    fails: WRONG,
  },
  {
    name: "strided conv3d's filter gradient is wrong",
    engines: ["wasm"],
    stock: (w) => tf.conv3d(as5(random([2, 5, 7, 5, 2])), as5(w), 2, "valid"),
    ours: (w) => ops.conv(random([2, 5, 7, 5, 2]), w, { stride: 2 }),
    check: adjoint(3, 3, 3, 2, 2),
    fails: WRONG,
  },
];

const pooling: Defect[] = [
  {
    name: "maxPool's gradient is wrong",
    engines: ["wasm"],
    stock: (x) => tf.maxPool(as4(x), 2, 2, "valid"),
    ours: (x) => ops.maxPool(x, { size: 2 }),
    check: gradientAt(() => distinctValues([2, 5, 7, 3], 1)),
    fails: WRONG,
  },
  {
    name: "maxPool3d takes 0 for the maximum of negative values",
    engines: ["wasm"],
    stock: (x) => tf.maxPool3d(as5(x), 2, 2, "valid"),
    ours: (x) => ops.maxPool(x, { size: 2 }),
    check: (op) => {
      const y = op(tf.fill([1, 2, 2, 2, 1], -3)).dataSync()[0];
      if (y !== -3) throw new Error(`the maximum of -3 is given as ${y}`);
    },
    fails: /is given as 0|is given as 1\.17/,
  },
  {
    name: "maxPool3d's gradient is wrong unless windows are as high as wide",
    engines: ["cpu"],
    stock: (x) => tf.maxPool3d(as5(x), [1, 3, 2], [1, 3, 2], "valid"),
    ours: (x) => ops.maxPool(x, { size: [1, 3, 2] }),
    check: gradientAt(() => distinctValues([1, 2, 6, 4, 2], 1)),
    fails: WRONG,
  },
  {
    name: "avgPool has no second-order gradient",
    engines: all,
    stock: (x) => tf.avgPool(as4(x), 2, 2, "valid"),
    ours: (x) => ops.averagePool(x, { size: 2 }),
    check: twice(() => random([1, 4, 4, 2])),
    fails: MISSING,
  },
  {
    name: "maxPool has no second-order gradient",
    engines: ["tensorflow", "cpu"],
    stock: (x) => tf.maxPool(as4(x), 2, 2, "valid"),
    ours: (x) => ops.maxPool(x, { size: 2 }),
    check: twice(() => distinctValues([1, 4, 4, 2], 1)),
    fails: MISSING,
  },
  {
    name: "equal maxima each get the whole gradient",
    engines: all,
    stock: (x) => tf.max(x, [1, 2]),
    ours: (x) => ops.globalMaxPool(x),
    check: (op) => {
      const g = tf.grad((x: tf.Tensor) => tf.sum(op(x)))(tf.ones([1, 2, 2, 1]));
      const sum = tf.sum(g).dataSync()[0];
      if (sum !== 1) throw new Error(`shares add up to ${sum}`);
    },
    fails: /add up to 4/,
  },
];

const elementwise: Defect[] = [
  {
    name: "leakyRelu has no second-order gradient",
    engines: all,
    stock: (x) => tf.leakyRelu(x, 0.2),
    ours: (x) => ops.leakyRelu(x, 0.2),
    check: twice(() => distinctValues([9], 1)),
    fails: MISSING,
  },
  {
    name: "softmax's second-order gradient is wrong",
    engines: all,
    stock: (x) => tf.softmax(x),
    ours: (x) => ops.softmax(x),
    check: twice(() => random([3, 4])),
    fails: WRONG,
  },
  {
    name: "logSoftmax's second-order gradient is wrong, so a cross-entropy's too",
    engines: all,
    stock: (x) =>
      tf.mean(tf.neg(tf.sum(tf.mul(tf.logSoftmax(x), tf.softmax(random([3, 4], 2))), -1))),
    ours: (x) => ops.softmaxCrossEntropy(x, tf.softmax(random([3, 4], 2))),
    check: twice(() => random([3, 4])),
    fails: WRONG,
  },
  {
    name: "norm's gradient at 0 is not a number",
    engines: all,
    stock: (x) => tf.div(x, tf.norm(x, 2, -1, true)),
    ours: (x) => ops.l2Normalize(x),
    check: (op) => {
      const g = tf
        .grad((x: tf.Tensor) => tf.sum(op(x)))(tf.zeros([1, 3]))
        .dataSync();
      if (!g.every(Number.isFinite)) throw new Error(`the gradient is ${String(g)}`);
    },
    fails: /NaN/,
  },
  {
    name: "batchNorm of volumes has no gradient",
    engines: ["cpu"],
    stock: (x) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2, 3]);
      return tf.batchNorm(
        x,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        undefined,
        undefined,
        1e-5,
      );
    },
    ours: (x) => ops.batchNorm(x, tf.ones([2]), tf.zeros([2])),
    check: gradientAt(() => random([2, 3, 2, 2, 2])),
    fails: /./,
  },
];

/** All that can be reproduced on any machine. */
export const defects: readonly Defect[] = [...resizing, ...convolution, ...pooling, ...elementwise];
