import * as tf from "@tensorflow/tfjs";
import { nativeConv2d } from "./conv-native.ts";
import { withGradient } from "./custom-gradient.ts";
import { ShapeError } from "./errors.ts";
import { pointwise } from "./pointwise.ts";
import { poolWindows } from "./pool.ts";
import { perAxis, type PerAxis, spatialRankOf, type SpatialRank } from "./spatial.ts";

/** Options of {@link conv}. */
export interface ConvOptions {
  /** Step between outputs, per spatial axis. @defaultValue 1 */
  readonly stride?: PerAxis;
  /** Zeros put before *and* after each spatial axis, as in PyTorch. @defaultValue 0 */
  readonly padding?: PerAxis;
}

/**
 * Convolution of images or volumes (cross-correlation, as `torch.nn.functional.conv2d`/`conv3d`).
 *
 * `y[n, o, c'] = Σ_{k, c} x[n, o·stride + k − padding, c] · filter[k, c, c']`
 *
 * @param x - `[N, H, W, C]` or `[N, D, H, W, C]`.
 * @param filter - `[kH, kW, C, C']` or `[kD, kH, kW, C, C']`.
 * @returns `[N, …, C']` with spatial sizes `⌊(size + 2·padding − k) / stride⌋ + 1`.
 * @throws ShapeError when ranks or channels disagree, or the padded input is smaller than the kernel.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
 */
export function conv<T extends tf.Tensor>(x: T, filter: tf.Tensor, options: ConvOptions = {}): T {
  const rank = spatialRankOf(x, "conv");
  const kernel = filter.shape.slice(0, rank);
  const stride = perAxis(options.stride ?? 1, rank, "conv: stride");
  const padding = perAxis(options.padding ?? 0, rank, "conv: padding");
  checkConv(x, filter, kernel, padding);
  if (kernel.every((k) => k === 1) && padding.every((p) => p === 0)) {
    return tf.tidy(() => pointwise(everyNth(x, stride), filter) as T);
  }
  if (rank === 2) {
    const native = nativeConv2d(x, filter, { stride, padding });
    if (native !== undefined) return native as T;
  }
  return tf.tidy(() => {
    const same = kernel.every(
      (k, axis) => stride[axis] === 1 && 2 * (padding[axis] ?? 0) === k - 1,
    );
    const padded = same ? x : padZeros(x, padding);
    const mode = same && padding.some((p) => p > 0) ? "same" : "valid";
    if (rank === 3) {
      return tf.conv3d(
        padded as tf.Tensor5D,
        filter as tf.Tensor5D,
        stride as [number, number, number],
        mode,
      ) as tf.Tensor as T;
    }
    const convolve = tf.getBackend() === "cpu" ? conv2dForCpu : tf.conv2d;
    return convolve(
      padded as tf.Tensor4D,
      filter as tf.Tensor4D,
      stride as [number, number],
      mode,
    ) as tf.Tensor as T;
  });
}

/** Every `stride`-th position, as pooling with windows of one. */
function everyNth(x: tf.Tensor, stride: readonly number[]): tf.Tensor {
  if (stride.every((s) => s === 1)) return x;
  return poolWindows(
    "avg",
    x,
    stride.map(() => 1),
    stride,
  );
}

/** Puts `padding[axis]` zeros before and after each spatial axis. */
function padZeros<T extends tf.Tensor>(x: T, padding: readonly number[]): T {
  if (padding.every((p) => p === 0)) return x;
  const both = padding.map((p): [number, number] => [p, p]);
  return tf.pad(x, [[0, 0], ...both, [0, 0]]);
}

/**
 * TensorFlow.js's `cpu` engine takes the filter gradient of conv2d in plain loops over scalars,
 * tens of times slower than the depth-1 conv3d kernel that computes the same.
 */
function conv2dForCpu(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  stride: [number, number],
  pad: "same" | "valid",
): tf.Tensor4D {
  return withGradient([x, filter], (save) => {
    save([x, filter]);
    const gradient = (dy: tf.Tensor, saved: readonly tf.Tensor[]): tf.Tensor[] => {
      const [image, kernel] = saved as [tf.Tensor4D, tf.Tensor4D];
      const dx = tf.conv2dTranspose(dy as tf.Tensor4D, kernel, image.shape, stride, pad);
      return [dx, filterGradientByDepthOne(image, dy as tf.Tensor4D, kernel.shape, stride, pad)];
    };
    return { value: tf.conv2d(x, filter, stride, pad), gradient };
  });
}

function filterGradientByDepthOne(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  filterShape: readonly number[],
  stride: readonly number[],
  pad: "same" | "valid",
): tf.Tensor {
  const gradient = tf
    .engine()
    .runKernel(
      "Conv3DBackpropFilterV2",
      { x: tf.expandDims(x, 1), dy: tf.expandDims(dy, 1) },
      { strides: [1, ...stride], pad, filterShape: [1, ...filterShape] },
    ) as tf.Tensor;
  return tf.reshape(gradient, [...filterShape]);
}

function checkConv(
  x: tf.Tensor,
  filter: tf.Tensor,
  kernel: readonly number[],
  padding: readonly number[],
): void {
  const rank = (x.rank - 2) as SpatialRank;
  const channels = x.shape[x.rank - 1] ?? 0;
  if (filter.rank !== x.rank || filter.shape[rank] !== channels) {
    throw new ShapeError(
      `conv: \`filter\` must be [${rank === 3 ? "kD, " : ""}kH, kW, ${channels}, C'] for an input of [${x.shape.join(", ")}], got [${filter.shape.join(", ")}].`,
      `… ${channels} C'`,
      filter.shape,
    );
  }
  kernel.forEach((k, axis) => {
    const size = (x.shape[axis + 1] ?? 0) + 2 * (padding[axis] ?? 0);
    if (size < k) {
      throw new ShapeError(
        `conv: the input [${x.shape.join(", ")}] is smaller (${size} after padding) than the kernel (${k}) along spatial axis ${axis}. Use a larger input or fewer strided stages.`,
        `at least ${k}`,
        x.shape,
      );
    }
  });
}
