// Convolutions in two and three dimensions.
import * as tf from "@tensorflow/tfjs";
import type { Slot } from "../addon.ts";
import { define, type Operand } from "../kernel.ts";
import { convolve, filterGradient, inputGradient } from "./convolve.ts";
import { channelsSecond, filterFirst, filterLast, filterShapeFirst, inFormat } from "./layout.ts";
import { convolutionWindows, type Windows } from "./windows.ts";

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];

/** Attributes of convolutions in two dimensions. */
export interface Convolution2D {
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat: "NHWC" | "NCHW";
  /** Gradients have none: tfjs-core knows no gradient of a dilated convolution. */
  readonly dilations?: [number, number] | number | null;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

interface Convolution3D {
  readonly strides: [number, number, number] | number;
  readonly pad: "valid" | "same";
  readonly dilations?: [number, number, number] | number;
}

/** A convolution in two dimensions with, if given, a bias for each channel. */
export function convolve2D(
  x: Operand,
  filter: Operand,
  attributes: Convolution2D,
  bias?: Operand,
): Slot {
  const { dataFormat } = attributes;
  const windows = windows2D(x.shape, filter.shape, attributes);
  const [image, kernel] = [channelsSecond(x.slot, dataFormat), filterFirst(filter.slot)];
  return inFormat(convolve(image, kernel, windows, 1, bias?.slot), dataFormat);
}

define<Convolution2D>("Conv2D", ({ x, filter }, attributes) => convolve2D(x, filter, attributes));

define<Convolution2D & { readonly inputShape: Shape4D }>(
  "Conv2DBackpropInput",
  ({ dy, filter }, attributes) => {
    const { dataFormat, inputShape } = attributes;
    const windows = windows2D(inputShape, filter.shape, attributes);
    const pulled = channelsSecond(dy.slot, dataFormat);
    return inFormat(inputGradient(pulled, filterFirst(filter.slot), windows), dataFormat);
  },
);

define<Convolution2D & { readonly filterShape: Shape4D }>(
  "Conv2DBackpropFilter",
  ({ x, dy }, attributes) => {
    const { dataFormat, filterShape } = attributes;
    const windows = windows2D(x.shape, filterShape, attributes);
    const [image, pulled] = [x, dy].map(({ slot }) => channelsSecond(slot, dataFormat));
    const shape = filterShapeFirst(filterShape);
    return filterLast(filterGradient(pulled as Slot, image as Slot, shape, windows));
  },
);

define<Convolution3D>("Conv3D", ({ x, filter }, attributes) => {
  const windows = windows3D(x.shape, filter.shape, attributes);
  const [image, kernel] = [channelsSecond(x.slot, "NDHWC"), filterFirst(filter.slot)];
  return inFormat(convolve(image, kernel, windows), "NDHWC");
});

define<Convolution3D & { readonly inputShape: Shape5D }>(
  "Conv3DBackpropInputV2",
  ({ dy, filter }, attributes) => {
    const windows = windows3D(attributes.inputShape, filter.shape, attributes);
    const pulled = channelsSecond(dy.slot, "NDHWC");
    return inFormat(inputGradient(pulled, filterFirst(filter.slot), windows), "NDHWC");
  },
);

define<Convolution3D & { readonly filterShape: Shape5D }>(
  "Conv3DBackpropFilterV2",
  ({ x, dy }, attributes) => {
    const windows = windows3D(x.shape, attributes.filterShape, attributes);
    const [image, pulled] = [x, dy].map(({ slot }) => channelsSecond(slot, "NDHWC"));
    const shape = filterShapeFirst(attributes.filterShape);
    return filterLast(filterGradient(pulled as Slot, image as Slot, shape, windows));
  },
);

/** The windows of a convolution in two dimensions; gradients of depthwise ones say no format. */
export function windows2D(
  x: readonly number[],
  filter: readonly number[],
  attributes: Omit<Convolution2D, "dataFormat"> & Partial<Convolution2D>,
  depthwise = false,
): Windows {
  const { strides, pad, dataFormat = "NHWC", dilations, dimRoundingMode } = attributes;
  const info = tf.backend_util.computeConv2DInfo(
    x as Shape4D,
    filter as Shape4D,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
    tf.backend_util.convertConv2DDataFormat(dataFormat),
  );
  return convolutionWindows(info);
}

function windows3D(
  x: readonly number[],
  filter: readonly number[],
  { strides, pad, dilations }: Convolution3D,
): Windows {
  const [input, kernel] = [x as Shape5D, filter as Shape5D];
  return convolutionWindows(
    tf.backend_util.computeConv3DInfo(input, kernel, strides, dilations ?? 1, pad),
  );
}
