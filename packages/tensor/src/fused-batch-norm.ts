import * as tf from "@tensorflow/tfjs";
import type { BatchStatistics } from "./batch-norm.ts";
import { withGradient } from "./custom-gradient.ts";

/** The part of tfjs-node's engine that runs any TensorFlow operation by its name. */
interface TensorFlowBackend {
  readonly binding: Readonly<
    Record<
      "TF_ATTR_TYPE" | "TF_FLOAT" | "TF_ATTR_FLOAT" | "TF_ATTR_STRING" | "TF_ATTR_BOOL",
      number
    >
  >;
  executeMultipleOutputs(
    name: string,
    attributes: readonly object[],
    inputs: readonly tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

const FORWARD = "DiraBatchNorm";
const BACKWARD = "DiraBatchNormGrad";

type FusedBatchNorm = (
  x: tf.Tensor,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
  onStatistics?: (statistics: BatchStatistics) => void,
) => tf.Tensor;

/**
 * The fused batch norm of the engine in use, or undefined. An engine offers one by registering the
 * kernels `DiraBatchNorm` (x, scale, offset → y, mean, unbiased variance, three reserves) and
 * `DiraBatchNormGrad` (dy, x, scale, the reserves → dx, dscale, doffset). Those of `tensorflow` are
 * registered here on first use.
 */
export function fusedBatchNorm(): FusedBatchNorm | undefined {
  const backend = tf.getBackend();
  if (tf.getKernel(FORWARD, backend) === undefined) {
    if (backend !== "tensorflow") return undefined;
    registerTensorFlowKernels();
  }
  return runFused;
}

function runFused(
  ...[x, scale, offset, epsilon, onStatistics]: Parameters<FusedBatchNorm>
): tf.Tensor {
  return withGradient([x, scale, offset], (save) => {
    const [y, mean, variance, ...reserves] = run(FORWARD, { x, scale, offset }, epsilon);
    onStatistics?.({ mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D });
    save([x, scale, ...reserves]);
    const gradient = (dy: tf.Tensor, saved: readonly tf.Tensor[]): tf.Tensor[] => {
      const [x, scale, r1, r2, r3] = saved as Five<tf.Tensor>;
      return run(BACKWARD, { dy, x, scale, r1, r2, r3 }, epsilon);
    };
    return { value: y as tf.Tensor, gradient };
  });
}

type Five<T> = [T, T, T, T, T];

function run(kernel: string, inputs: Record<string, tf.Tensor>, epsilon: number): tf.Tensor[] {
  return tf.engine().runKernel(kernel, inputs, { epsilon }) as tf.Tensor[];
}

function registerTensorFlowKernels(): void {
  tf.registerKernel({
    kernelName: FORWARD,
    backendName: "tensorflow",
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { x, scale, offset } = inputs as Record<"x" | "scale" | "offset", tf.TensorInfo>;
      const [y, ...rest] = execute(backend, "FusedBatchNormV3", attrs, x, 6, (x4, empty) => [
        x4,
        scale,
        offset,
        empty,
        empty,
      ]);
      return [y, ...rest] as tf.TensorInfo[];
    },
  });
  tf.registerKernel({
    kernelName: BACKWARD,
    backendName: "tensorflow",
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { dy, x, scale, r1, r2, r3 } = inputs as Record<string, tf.TensorInfo>;
      const outputs = execute(
        backend,
        "FusedBatchNormGradV3",
        attrs,
        x as tf.TensorInfo,
        5,
        (x4) => [asRank4(dy as tf.TensorInfo), x4, scale, r1, r2, r3] as tf.TensorInfo[],
      );
      outputs.slice(3).forEach((unused) => tf.dispose(unused));
      return outputs.slice(0, 3);
    },
  });
}

/** TensorFlow's kernels take rank 4: all axes but the last two fold into the first. */
function asRank4(x: tf.TensorInfo): tf.Tensor {
  const channels = x.shape[x.shape.length - 1] ?? 1;
  const size = x.shape.reduce((a, b) => a * b, 1);
  return tf.reshape(x as tf.Tensor, [1, size / channels, 1, channels]);
}

function execute(
  backend: unknown,
  name: string,
  attrs: unknown,
  x: tf.TensorInfo,
  outputs: number,
  order: (x4: tf.Tensor, empty: tf.Tensor) => readonly tf.TensorInfo[],
): tf.Tensor[] {
  const engine = backend as TensorFlowBackend;
  const { epsilon } = attrs as { epsilon: number };
  const { TF_ATTR_TYPE, TF_FLOAT, TF_ATTR_FLOAT, TF_ATTR_STRING, TF_ATTR_BOOL } = engine.binding;
  const attributes = [
    { name: "T", type: TF_ATTR_TYPE, value: TF_FLOAT },
    { name: "U", type: TF_ATTR_TYPE, value: TF_FLOAT },
    { name: "epsilon", type: TF_ATTR_FLOAT, value: epsilon },
    { name: "data_format", type: TF_ATTR_STRING, value: "NHWC" },
    { name: "is_training", type: TF_ATTR_BOOL, value: true },
  ];
  const [x4, empty] = [asRank4(x), tf.tensor1d([])];
  const [y, ...rest] = engine.executeMultipleOutputs(name, attributes, order(x4, empty), outputs);
  const result = [tf.reshape(y as tf.Tensor, x.shape), ...rest];
  tf.dispose([x4, empty, y as tf.Tensor]);
  return result;
}
