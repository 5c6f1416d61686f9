import * as tf from "@tensorflow/tfjs";
import { perAxis, type PerAxis, spatialAxes, spatialRankOf } from "./spatial.ts";

/** Options of {@link maxPool}. */
export interface MaxPoolOptions {
  /** Window, per spatial axis. */
  readonly size: PerAxis;
  /** Step between windows. @defaultValue `size` */
  readonly stride?: PerAxis;
  /** Border that never wins, before and after each axis, as in PyTorch. @defaultValue 0 */
  readonly padding?: PerAxis;
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
