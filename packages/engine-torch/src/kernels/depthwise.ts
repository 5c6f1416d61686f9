// Convolutions of each channel by itself: as many groups as channels.
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define, type Operand } from "../kernel.ts";
import { type Convolution2D, windows2D } from "./convolution.ts";
import { convolve, filterGradient, inputGradient } from "./convolve.ts";
import { channelsSecond, inFormat } from "./layout.ts";

type Shape4D = [number, number, number, number];
type Gradient = Omit<Convolution2D, "dataFormat">;

const permute = aten("permute");
const reshape = aten("reshape");

/** A depthwise convolution with, if given, a bias for each channel. */
export function convolveDepthwise(
  x: Operand,
  filter: Operand,
  attributes: Convolution2D,
  bias?: Operand,
): Slot {
  const { dataFormat } = attributes;
  const windows = windows2D(x.shape, filter.shape, attributes, true);
  const [image, kernel] = [channelsSecond(x.slot, dataFormat), filterFirst(filter)];
  return inFormat(convolve(image, kernel, windows, groupsOf(filter.shape), bias?.slot), dataFormat);
}

define<Convolution2D>("DepthwiseConv2dNative", ({ x, filter }, attributes) =>
  convolveDepthwise(x, filter, attributes),
);

define<Gradient & { readonly inputShape: Shape4D }>(
  "DepthwiseConv2dNativeBackpropInput",
  ({ dy, filter }, attributes) => {
    const windows = windows2D(attributes.inputShape, filter.shape, attributes, true);
    const pulled = channelsSecond(dy.slot, "NHWC");
    const dx = inputGradient(pulled, filterFirst(filter), windows, groupsOf(filter.shape));
    return inFormat(dx, "NHWC");
  },
);

define<Gradient & { readonly filterShape: Shape4D }>(
  "DepthwiseConv2dNativeBackpropFilter",
  ({ x, dy }, attributes) => {
    const [height, width, channels, multiplier] = attributes.filterShape;
    const windows = windows2D(x.shape, attributes.filterShape, attributes, true);
    const [image, pulled] = [channelsSecond(x.slot, "NHWC"), channelsSecond(dy.slot, "NHWC")];
    const shape = [channels * multiplier, 1, height, width];
    const gradient = filterGradient(pulled, image, shape, windows, channels);
    return permute(reshape(gradient, [channels, multiplier, height, width]), [2, 3, 0, 1]);
  },
);

/** A filter of [H, W, C, multiplier] as [C · multiplier, 1, H, W]. */
function filterFirst({ slot, shape }: Operand): Slot {
  const [height, width, channels, multiplier] = shape as Shape4D;
  return reshape(permute(slot, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
}

function groupsOf([, , channels = 1]: readonly number[]): number {
  return channels;
}
