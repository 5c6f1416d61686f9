import * as tf from "@tensorflow/tfjs";
import { convForward } from "./conv-kernels.ts";
import { nativeConv } from "./conv-native.ts";
import { convShape } from "./conv-shape.ts";
import { dilatedConv } from "./dilated-conv.ts";
import { pad } from "./pad.ts";
import { pointwise } from "./pointwise.ts";
import { averageWindows } from "./pool-windows.ts";
import type { PerAxis } from "./spatial.ts";

/** Options of {@link conv}. */
export interface ConvOptions {
  /** Step between outputs, per spatial axis. @defaultValue 1 */
  readonly stride?: PerAxis;
  /** Zeros put before *and* after each spatial axis, as in PyTorch. @defaultValue 0 */
  readonly padding?: PerAxis;
  /** Distance of the kernel's positions, per spatial axis. @defaultValue 1 */
  readonly dilation?: PerAxis;
  /** Groups of channels, each convolved apart; must divide C and C'. @defaultValue 1 */
  readonly groups?: number;
}

/**
 * Convolution of images or volumes (cross-correlation, as `torch.nn.functional.conv2d`/`conv3d`),
 * differentiable to any order in both arguments.
 *
 * `y[n, o, c'] = Σ_{k, c} x[n, o·stride + k·dilation − padding, c] · filter[k, c, c']`
 *
 * With groups, c runs over the channels of c' own group. Dilation with a stride computes all positions
 * first and keeps every stride-th.
 *
 * @param x - `[N, H, W, C]` or `[N, D, H, W, C]`.
 * @param filter - `[kH, kW, C / groups, C']` or `[kD, kH, kW, C / groups, C']`.
 * @returns `[N, …, C']` with spatial sizes `⌊(size + 2·padding − dilation·(k − 1) − 1) / stride⌋ + 1`.
 * @throws ShapeError when ranks or channels disagree, or the padded input is smaller than the kernel.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
 */
export function conv<T extends tf.Tensor>(x: T, filter: tf.Tensor, options: ConvOptions = {}): T {
  const { kernel, stride, padding, dilation, groups } = convShape(x, filter, options);
  return tf.tidy(() => {
    if (groups > 1) {
      const inputs = tf.split(x, groups, -1);
      const filters = tf.split(filter, groups, -1);
      const rest = { stride, padding, dilation };
      return tf.concat(
        inputs.map((part, g) => conv(part, filters[g] as tf.Tensor, rest)),
        -1,
      ) as T;
    }
    if (kernel.every((k) => k === 1) && padding.every((p) => p === 0)) {
      return pointwise(everyNth(x, stride), filter) as T;
    }
    if (kernel.some((k, axis) => k > 1 && (dilation[axis] ?? 1) > 1)) {
      return everyNth(dilatedConv(pad(x, padding), filter, dilation), stride) as T;
    }
    const native = isSingle(filter) ? undefined : nativeConv(x, filter, { stride, padding });
    if (native !== undefined) return native as T;
    const symmetric = kernel.every(
      (k, axis) => stride[axis] === 1 && 2 * (padding[axis] ?? 0) === k - 1,
    );
    if (symmetric) return convForward(x, filter, { stride, mode: "same" }) as T;
    const padded = padding.some((p) => p > 0) ? pad(x, padding) : x;
    return convForward(padded, filter, { stride, mode: "valid" }) as T;
  });
}

/** Of one channel to one, whose input gradient oneDNN gets wrong: conv-kernels.ts goes around that. */
export function isSingle(filter: tf.Tensor): boolean {
  return filter.shape.slice(-2).every((size) => size === 1);
}

/** Every stride-th position, by pooling windows of one. */
function everyNth(x: tf.Tensor, stride: readonly number[]): tf.Tensor {
  if (stride.every((s) => s === 1)) return x;
  return averageWindows(
    x,
    stride.map(() => 1),
    stride,
  );
}
