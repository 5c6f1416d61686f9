import * as tf from "@tensorflow/tfjs";
import { pullBack } from "./backward.ts";
import { convFilterGradient, convInputGradient } from "./conv-kernels.ts";
import { nativeConvGradients } from "./conv-native.ts";
import { conv, type ConvOptions, isSingle } from "./conv.ts";
import { isRecording, withGradient } from "./custom-gradient.ts";
import { perAxis, type SpatialRank } from "./spatial.ts";

/** What {@link convOf} convolves. */
export interface CheapInput {
  /** Cheap, and without variables of its own: upsampling, concatenation. */
  readonly make: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly inputs: readonly tf.Tensor[];
}

/**
 * `conv(make(…inputs), filter)` that keeps the inputs for its gradient instead of what is made of them, and
 * makes it again there: for inputs that are kept anyway, as a U-Net's maps are before upsampling and
 * concatenation. The convolution itself is not run again. Values and gradients are the same bits.
 *
 * Gradients of the first order. It works so where the size stays (stride 1, odd kernels above 1, half of them as
 * padding, no dilation or groups); else it is the plain convolution.
 *
 * @param filter - as of {@link conv}, and so the options.
 * @throws as {@link conv}.
 * @see Chen et al. 2016, section 3 (to drop the results of cheap operations), https://arxiv.org/abs/1604.06174
 */
export function convOf(
  { make, inputs }: CheapInput,
  filter: tf.Tensor,
  options: ConvOptions = {},
): tf.Tensor {
  if (!isRecording() || !keepsSize(filter, options)) {
    return tf.tidy(() => conv(make(...inputs), filter, options));
  }
  const leaves = [...inputs, filter];
  return withGradient(leaves, (save) => {
    save(leaves);
    return {
      value: tf.tidy(() => conv(make(...inputs), filter, options)),
      gradient: (dy, saved) => {
        const [again, weight] = [saved.slice(0, -1), saved[saved.length - 1] as tf.Tensor];
        const f = (): tf.Tensor => gradientAlone(make(...again), weight);
        return pullBack({ f, xs: saved, inputs: leaves, dy });
      },
    };
  });
}

/** Stands for the convolution where only its gradient is wanted. */
function gradientAlone(x: tf.Tensor, filter: tf.Tensor): tf.Tensor {
  return withGradient([x, filter], (save) => {
    save([x, filter]);
    return {
      value: tf.scalar(0),
      gradient: (dy, saved) => {
        const [x, filter] = saved as [tf.Tensor, tf.Tensor];
        const [dfilter, dx] = gradientsOf(x, filter, dy);
        const filterGradient = dfilter();
        // The input's gradient needs its shape alone.
        x.dispose();
        return [dx(), filterGradient];
      },
    };
  });
}

/** Of the filter and of the input, each when it is called, by the kernels that {@link conv} takes. */
function gradientsOf(x: tf.Tensor, filter: tf.Tensor, dy: tf.Tensor): [Take, Take] {
  const kernel = filter.shape.slice(0, -2);
  const stride = kernel.map(() => 1);
  const padding = kernel.map((k) => (k - 1) / 2);
  const native = isSingle(filter)
    ? undefined
    : nativeConvGradients(x, filter, dy, { stride, padding });
  if (native !== undefined) return native;
  const windows = { stride, mode: "same" } as const;
  return [
    () => convFilterGradient(x, dy, filter.shape, windows),
    () => convInputGradient(dy, filter, x.shape, windows),
  ];
}

type Take = () => tf.Tensor;

function keepsSize(filter: tf.Tensor, options: ConvOptions): boolean {
  const rank = (filter.rank - 2) as SpatialRank;
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const borders = perAxis(padding, rank, "conv: padding");
  const kernel = filter.shape.slice(0, rank);
  return (
    groups === 1 &&
    [stride, dilation].flatMap((each) => perAxis(each, rank, "conv")).every((step) => step === 1) &&
    kernel.some((k) => k > 1) &&
    kernel.every((k, axis) => 2 * (borders[axis] ?? 0) === k - 1)
  );
}
