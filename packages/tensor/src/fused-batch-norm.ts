import * as tf from "@tensorflow/tfjs";
import { relu } from "./activations.ts";
import { type NativeKernel, offers, runKernel } from "./native-kernel.ts";
import { tensorFlowOp } from "./tensor-flow-op.ts";

/** x, scale, offset → y, mean, unbiased variance, three reserves for the gradient. */
const FORWARD: NativeKernel = {
  name: "DiraBatchNorm",
  run: ({ x, scale, offset }, attributes) =>
    tf.tidy(() => {
      const none = tf.tensor1d([]);
      const inputs = [asRank4(x as tf.Tensor), scale, offset, none, none] as tf.Tensor[];
      const [y, ...rest] = tensorFlowOp("FusedBatchNormV3", inputs, options(attributes), 6);
      return [tf.reshape(y as tf.Tensor, (x as tf.Tensor).shape), ...rest];
    }),
};

/** The same and a ReLU after it, on `y + residual` where a residual is given; TensorFlow has none. */
const FORWARD_RELU: NativeKernel = { name: "DiraBatchNormRelu" };

/** dy, x, scale, the reserves → the gradients of x, scale and offset. */
const BACKWARD: NativeKernel = {
  name: "DiraBatchNormGrad",
  run: ({ dy, x, scale, r1, r2, r3 }, attributes) =>
    tf.tidy(() => {
      const inputs = [asRank4(dy as tf.Tensor), asRank4(x as tf.Tensor), scale, r1, r2, r3];
      const [dx, dscale, doffset] = tensorFlowOp(
        "FusedBatchNormGradV3",
        inputs as tf.Tensor[],
        options(attributes),
        5,
      ) as Three;
      return [tf.reshape(dx, (x as tf.Tensor).shape), dscale, doffset];
    }),
};

type Three = [tf.Tensor, tf.Tensor, tf.Tensor];

/** What the fused forward pass gives. */
export interface FusedBatchNorm {
  readonly y: tf.Tensor;
  readonly mean: tf.Tensor1D;
  /** Unbiased. */
  readonly variance: tf.Tensor1D;
  /** For {@link fusedBatchNormGradient}. */
  readonly reserves: readonly tf.Tensor[];
}

/** Whether the engine in use normalises batches in one pass, and takes the gradient in another. */
export function fusesBatchNorm(): boolean {
  return offers(FORWARD, BACKWARD);
}

/** `scale · (x − mean) / √(variance + ε) + offset`, unrecorded where a gradient is defined. */
export function fusedBatchNorm(
  x: tf.Tensor,
  scale: tf.Tensor,
  offset: tf.Tensor,
  epsilon: number,
): FusedBatchNorm {
  const [y, mean, variance, ...reserves] = runKernel(FORWARD, { x, scale, offset }, { epsilon });
  return { y, mean, variance, reserves } as FusedBatchNorm;
}

/**
 * {@link fusedBatchNorm} with `relu(y + residual)` for y, unrecorded as well: in one tensor's memory where the engine has
 * a kernel for it. What y was before is not needed for the gradient: the ReLU's output has the sign.
 */
export function fusedBatchNormRelu(
  x: tf.Tensor,
  scale: tf.Tensor,
  offset: tf.Tensor,
  residual: tf.Tensor | undefined,
  epsilon: number,
): FusedBatchNorm {
  if (!offers(FORWARD_RELU)) {
    const { y, ...rest } = fusedBatchNorm(x, scale, offset, epsilon);
    return { y: relu(residual === undefined ? y : tf.add(y, residual)), ...rest };
  }
  const inputs = { x, scale, offset, ...(residual === undefined ? {} : { residual }) };
  const [y, mean, variance, ...reserves] = runKernel(FORWARD_RELU, inputs, { epsilon });
  return { y, mean, variance, reserves } as FusedBatchNorm;
}

/** The gradients of {@link fusedBatchNorm} by x, scale and offset. */
export function fusedBatchNormGradient(
  dy: tf.Tensor,
  x: tf.Tensor,
  scale: tf.Tensor,
  reserves: readonly tf.Tensor[],
  epsilon: number,
): Three {
  const [r1, r2, r3] = reserves as Three;
  return runKernel(BACKWARD, { dy, x, scale, r1, r2, r3 }, { epsilon }) as Three;
}

/** TensorFlow's kernels take rank 4: all axes but the last fold into one. */
function asRank4(x: tf.Tensor): tf.Tensor {
  const channels = x.shape[x.shape.length - 1] ?? 1;
  const size = x.shape.reduce((a, b) => a * b, 1);
  return tf.reshape(x, [1, size / channels, 1, channels]);
}

function options({
  epsilon,
}: Readonly<Record<string, unknown>>): Parameters<typeof tensorFlowOp>[2] {
  return {
    U: { type: "float32" },
    epsilon: { float: epsilon as number },
    data_format: "NHWC",
    is_training: true,
  };
}
