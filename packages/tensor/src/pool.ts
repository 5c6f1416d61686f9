import * as tf from "@tensorflow/tfjs";
import { type NativeKernel, offers, runUnary } from "./native-kernel.ts";
import { perAxis, type PerAxis, spatialAxes, spatialRankOf } from "./spatial.ts";
import { type OpAttribute, tensorFlowOp } from "./tensor-flow-op.ts";

/** Options of {@link maxPool}. */
export interface MaxPoolOptions {
  /** Window, per spatial axis. */
  readonly size: PerAxis;
  /** Step between windows. @defaultValue `size` */
  readonly stride?: PerAxis;
  /** Border that never wins, before and after each axis, as in PyTorch. @defaultValue 0 */
  readonly padding?: PerAxis;
}

/** Without a padded copy to make and keep. */
const MAX_POOL: NativeKernel = {
  name: "DiraMaxPool2d",
  run: ({ x }, attributes) => tensorFlowOp("MaxPool", [x as tf.Tensor], windows(attributes)),
  gradient: {
    inputs: ["x"],
    outputs: [true],
    of: (dy, [x, y], attributes) => ({
      x: () => runUnary(MAX_POOL_GRADIENT, { x, y, dy } as Record<string, tf.Tensor>, attributes),
    }),
  },
};

const MAX_POOL_GRADIENT: NativeKernel = {
  name: "DiraMaxPool2dGrad",
  run: ({ x, y, dy }, attributes) =>
    tensorFlowOp("MaxPoolGrad", [x, y, dy] as tf.Tensor[], windows(attributes)),
};

function windows(attributes: Readonly<Record<string, unknown>>): Record<string, OpAttribute> {
  const { size, stride, padding } = attributes as Record<"size" | "stride" | "padding", number[]>;
  const options = { ksize: [1, ...size, 1], strides: [1, ...stride, 1], data_format: "NHWC" };
  if (padding.every((p) => p === 0)) return { ...options, padding: "VALID" };
  const border = padding.flatMap((p) => [p, p]);
  return { ...options, padding: "EXPLICIT", explicit_paddings: [0, 0, ...border, 0, 0] };
}

const LOWEST_FLOAT32 = -3.4028234663852886e38;

/**
 * Maximum over windows, as `torch.nn.functional.max_pool2d`/`max_pool3d`.
 *
 * @param x - `[N, …, C]`.
 * @returns `[N, …, C]` with spatial sizes `⌊(size + 2·padding − window) / stride⌋ + 1`.
 */
export function maxPool<T extends tf.Tensor>(x: T, options: MaxPoolOptions): T {
  const rank = spatialRankOf(x, "maxPool");
  const size = perAxis(options.size, rank, "maxPool: size");
  const stride = perAxis(options.stride ?? size, rank, "maxPool: stride");
  const padding = perAxis(options.padding ?? 0, rank, "maxPool: padding");
  if (rank === 2 && offers(MAX_POOL, MAX_POOL_GRADIENT)) {
    return runUnary(MAX_POOL, { x }, { size, stride, padding }) as T;
  }
  return tf.tidy(() => {
    const both = padding.map((p): [number, number] => [p, p]);
    const padded = padding.some((p) => p > 0)
      ? tf.pad(x, [[0, 0], ...both, [0, 0]], LOWEST_FLOAT32)
      : x;
    return poolWindows("max", padded, size, stride) as T;
  });
}

/** Pools unpadded windows of an image or a volume: the one place where TensorFlow.js's names differ by rank. */
export function poolWindows(
  kind: "max" | "avg",
  x: tf.Tensor,
  size: readonly number[],
  stride: readonly number[],
): tf.Tensor {
  if (x.rank === 5) {
    const pool = kind === "max" ? tf.maxPool3d : tf.avgPool3d;
    return pool(x as tf.Tensor5D, size as Triple, stride as Triple, "valid");
  }
  const pool = kind === "max" ? tf.maxPool : tf.avgPool;
  return pool(x as tf.Tensor4D, size as Pair, stride as Pair, "valid");
}

type Pair = [number, number];
type Triple = [number, number, number];

/**
 * Mean over all spatial positions: `[N, …, C]` → `[N, C]`, as `AdaptiveAvgPool(1)` and `flatten`.
 */
export function globalAveragePool(x: tf.Tensor): tf.Tensor2D {
  spatialRankOf(x, "globalAveragePool");
  return tf.mean(x, spatialAxes(x));
}
