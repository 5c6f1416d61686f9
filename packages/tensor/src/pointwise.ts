import * as tf from "@tensorflow/tfjs";
import { type NativeKernel, offers, runUnary } from "./native-kernel.ts";
import { tensorFlowOp } from "./tensor-flow-op.ts";

// Of TensorFlow's two matrix products, each takes here what it is the faster in on a CPU.

const POINTWISE: NativeKernel = {
  name: "DiraPointwise",
  run: ({ x, filter }) => {
    const [image, kernel] = [x, filter] as [tf.Tensor, tf.Tensor];
    const shape = [...image.shape.slice(0, -1), lastOf(kernel)];
    return inRows([image, kernel], shape, ([a, b]) =>
      tensorFlowOp("MatMul", [a, b], { transpose_a: false, transpose_b: false }),
    );
  },
  gradient: {
    inputs: ["x", "filter"],
    of: (dy, saved) => {
      const [x, filter] = saved as [tf.Tensor, tf.Tensor];
      return {
        x: () => runUnary(INPUT_GRADIENT, { dy, filter }),
        filter: () => runUnary(FILTER_GRADIENT, { x, dy }, { shape: filter.shape }),
      };
    },
  },
};

const INPUT_GRADIENT: NativeKernel = {
  name: "DiraPointwiseInputGrad",
  run: ({ dy, filter }) => {
    const [gradient, kernel] = [dy, filter] as [tf.Tensor, tf.Tensor];
    const channels = kernel.shape[kernel.shape.length - 2] ?? 1;
    const shape = [...gradient.shape.slice(0, -1), channels];
    return inRows([gradient, kernel], shape, ([a, b]) =>
      tensorFlowOp("BatchMatMulV2", [a, b], { adj_x: false, adj_y: true }),
    );
  },
  gradient: {
    inputs: ["dy", "filter"],
    of: (ddx, saved) => {
      const [dy, filter] = saved as [tf.Tensor, tf.Tensor];
      return {
        dy: () => runUnary(POINTWISE, { x: ddx, filter }),
        filter: () => runUnary(FILTER_GRADIENT, { x: ddx, dy }, { shape: filter.shape }),
      };
    },
  },
};

const FILTER_GRADIENT: NativeKernel = {
  name: "DiraPointwiseFilterGrad",
  run: ({ x, dy }, { shape }) =>
    inRows([x, dy] as [tf.Tensor, tf.Tensor], shape as number[], ([a, b]) =>
      tensorFlowOp("MatMul", [a, b], { transpose_a: true, transpose_b: false }),
    ),
  gradient: {
    inputs: ["x", "dy"],
    of: (filter, saved) => {
      const [x, dy] = saved as [tf.Tensor, tf.Tensor];
      return {
        x: () => runUnary(INPUT_GRADIENT, { dy, filter }),
        dy: () => runUnary(POINTWISE, { x, filter }),
      };
    },
  },
};

/**
 * A convolution with a kernel of one position, as the product of positions × channels with channels ×
 * outputs. As such it is fast on every engine, and it avoids a crash: oneDNN in TensorFlow 2.21 divides
 * by zero on some processors in 1×1 convolutions of certain shapes (256 → 1024 channels at 14×14), which
 * ends the process.
 *
 * @param x - `[…, C]`. @param filter - `[1, …, C, C']`.
 * @returns `[…, C']`.
 */
export function pointwise(x: tf.Tensor, filter: tf.Tensor): tf.Tensor {
  if (offers(POINTWISE, INPUT_GRADIENT, FILTER_GRADIENT)) return runUnary(POINTWISE, { x, filter });
  const [channels, outChannels] = [lastOf(x), lastOf(filter)];
  const rows = tf.reshape(x, [x.size / channels, channels]);
  const product = tf.matMul(rows, tf.reshape(filter, [channels, outChannels]));
  return tf.reshape(product, [...x.shape.slice(0, -1), outChannels]);
}

type Pair = [tf.Tensor, tf.Tensor];

/** Runs a matrix product on two tensors of any rank, and gives its result another shape. */
function inRows(
  pair: Pair,
  shape: readonly number[],
  product: (rows: Pair) => tf.Tensor[],
): tf.Tensor[] {
  return tf.tidy(() => {
    const rows = pair.map((x) => tf.reshape(x, [-1, lastOf(x)])) as Pair;
    return [tf.reshape(product(rows)[0] as tf.Tensor, [...shape])];
  });
}

function lastOf({ shape }: tf.TensorInfo): number {
  return shape[shape.length - 1] ?? 1;
}
