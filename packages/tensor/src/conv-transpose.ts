import * as tf from "@tensorflow/tfjs";
import { convInputGradient } from "./conv-kernels.ts";
import { DiraError, ShapeError } from "./errors.ts";
import { perAxis, type PerAxis, spatialRankOf } from "./spatial.ts";

/** Options of {@link convTranspose}. */
export interface ConvTransposeOptions {
  /** Step between the places where inputs are put, per spatial axis. @defaultValue 1 */
  readonly stride?: PerAxis;
  /** Positions cut off before *and* after each spatial axis of the output. @defaultValue 0 */
  readonly padding?: PerAxis;
  /** Positions more at the end of each spatial axis, below the stride. @defaultValue 0 */
  readonly outputPadding?: PerAxis;
}

/**
 * Transposed convolution, as `torch.nn.functional.conv_transpose2d`/`conv_transpose3d`: the adjoint of
 * `conv` with the same filter, stride and padding. Differentiable to any order in both arguments.
 *
 * `y[n, i·stride + k − padding, c'] += x[n, i, c] · filter[k, c', c]`
 *
 * @param x - `[N, H, W, C]` or `[N, D, H, W, C]`.
 * @param filter - `[…k, C', C]`: output channels before input channels (PyTorch's weight is
 *   `[C, C', …k]`).
 * @returns `[N, …, C']` with spatial sizes `(size − 1)·stride − 2·padding + k + outputPadding`.
 * @throws ShapeError when ranks or channels disagree, or nothing is left of an axis. DiraError when
 *   `outputPadding` is not below the stride.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
 */
export function convTranspose<T extends tf.Tensor>(
  x: T,
  filter: tf.Tensor,
  options: ConvTransposeOptions = {},
): T {
  const rank = spatialRankOf(x, "convTranspose");
  const stride = perAxis(options.stride ?? 1, rank, "convTranspose: stride");
  const padding = perAxis(options.padding ?? 0, rank, "convTranspose: padding");
  const extra = perAxis(options.outputPadding ?? 0, rank, "convTranspose: outputPadding");
  checkFilter(x, filter);
  const full = stride.map(
    (s, axis) =>
      ((x.shape[axis + 1] ?? 1) - 1) * s + (filter.shape[axis] ?? 1) + (extra[axis] ?? 0),
  );
  const sizes = full.map((size, axis) => size - 2 * (padding[axis] ?? 0));
  checkSizes(x, stride, extra, sizes);
  const [batch = 1] = x.shape;
  const channels = filter.shape[rank] ?? 1;
  return tf.tidy(() => {
    const y = convInputGradient(x, filter, [batch, ...full, channels], { stride, mode: "valid" });
    if (padding.every((p) => p === 0)) return y as T;
    return tf.slice(y, [0, ...padding, 0], [batch, ...sizes, channels]) as T;
  });
}

function checkFilter(x: tf.Tensor, filter: tf.Tensor): void {
  const channels = x.shape[x.rank - 1] ?? 0;
  if (filter.rank === x.rank && filter.shape[x.rank - 1] === channels) return;
  throw new ShapeError(
    `convTranspose: \`filter\` must be [${x.rank === 5 ? "kD, " : ""}kH, kW, C', ${channels}] for an input of [${x.shape.join(", ")}], got [${filter.shape.join(", ")}].`,
    `… C' ${channels}`,
    filter.shape,
  );
}

function checkSizes(
  x: tf.Tensor,
  stride: readonly number[],
  extra: readonly number[],
  sizes: readonly number[],
): void {
  if (extra.some((e, axis) => e >= (stride[axis] ?? 1))) {
    throw new DiraError(
      `convTranspose: outputPadding must be below the stride, got [${extra.join(", ")}] for strides [${stride.join(", ")}].`,
    );
  }
  if (sizes.some((size) => size < 1)) {
    throw new ShapeError(
      `convTranspose: an input of [${x.shape.join(", ")}] would give spatial sizes [${sizes.join(", ")}]. Use less padding.`,
      "sizes above 0",
      x.shape,
    );
  }
}
