// Pools in two and three dimensions.
import * as tf from "@tensorflow/tfjs";
import type { Result, Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define, type Operand } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";
import { inFloat } from "./casting.ts";
import { channelsSecond, type DataFormat, emptyImage, inFormat } from "./layout.ts";
import {
  poolWindows,
  type WindowInfo,
  type Windows,
  withMargins,
  withoutMargins,
} from "./windows.ts";

type Operator<R extends Result> = ReturnType<typeof aten<R>>;
type Sizes = number | [number, number] | [number, number, number];

/** Attributes of pools. */
interface Pool {
  readonly filterSize: Sizes;
  readonly strides: Sizes;
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** ATen's pools of images or volumes, and how tfjs-core works out their windows. */
interface Family {
  readonly suffix: "" | "3D";
  readonly format: DataFormat;
  infoOf(shape: readonly number[], attributes: Pool): WindowInfo;
  readonly max: Operator<[Slot, Slot]>;
  readonly maxBackward: Operator<Slot>;
  readonly average: Operator<Slot>;
  readonly averageBackward: Operator<Slot>;
}

const clampMin = aten("clamp_min");
const div = aten("div.Tensor");
const nanTo = aten("nan_to_num");
const newEmpty = aten("new_empty");
const newOnes = aten("new_ones");
const to = aten("to.dtype");

const families: readonly Family[] = [
  {
    suffix: "",
    format: "NHWC",
    infoOf: (shape, { filterSize, strides, pad, dimRoundingMode }) =>
      tf.backend_util.computePool2DInfo(
        shape as [number, number, number, number],
        filterSize as [number, number],
        strides as [number, number],
        1,
        pad,
        dimRoundingMode,
      ),
    max: aten("max_pool2d_with_indices"),
    maxBackward: aten("max_pool2d_with_indices_backward"),
    average: aten("avg_pool2d"),
    averageBackward: aten("avg_pool2d_backward"),
  },
  {
    suffix: "3D",
    format: "NDHWC",
    infoOf: (shape, { filterSize, strides, pad, dimRoundingMode }) =>
      tf.backend_util.computePool3DInfo(
        shape as [number, number, number, number, number],
        filterSize as [number, number, number],
        strides as [number, number, number],
        1,
        pad as "valid" | "same" | number,
        dimRoundingMode,
      ),
    max: aten("max_pool3d_with_indices"),
    maxBackward: aten("max_pool3d_with_indices_backward"),
    average: aten("avg_pool3d"),
    averageBackward: aten("avg_pool3d_backward"),
  },
];
for (const family of families) {
  defineMax(family);
  defineAverage(family);
}

function defineMax({ suffix, format, infoOf, max, maxBackward }: Family): void {
  define<Pool>(`MaxPool${suffix}`, ({ x }, attributes) => {
    const info = infoOf(x.shape, attributes);
    if (isTrivial(info)) return trivial(x, info);
    const windows = poolWindows(info);
    const { size, stride, padding, dilation } = windows;
    const image = channelsSecond(withoutNaN(inFloat(x).slot), format);
    const [y] = max(withMargins(image, windows, -Infinity), size, stride, padding, dilation);
    return inFormat(inType(y, x), format);
  });

  // Where the maxima were is worked out again: tfjs-core keeps the values alone.
  define<Pool>(`MaxPool${suffix}Grad`, ({ dy, input }, attributes) => {
    const windows = poolWindows(infoOf(input.shape, attributes));
    const { size, stride, padding, dilation } = windows;
    const image = channelsSecond(withoutNaN(inFloat(input).slot), format);
    const seen = withMargins(image, windows, -Infinity);
    const [, places] = max(seen, size, stride, padding, dilation);
    const pulled = channelsSecond(dy.slot, format);
    const dx = maxBackward(pulled, seen, size, stride, padding, dilation, false, places);
    return inFormat(withoutMargins(dx, windows), format);
  });
}

function defineAverage({ suffix, format, infoOf, average, averageBackward }: Family): void {
  /** How many of each window's places are not margin, at least one. */
  const countsOf = (like: Slot, info: WindowInfo, windows: Windows): Slot => {
    const ones = withMargins(newOnes(like, [1, 1, ...info.inShape.slice(1, -1)]), windows, 0);
    const { size, stride, padding } = windows;
    return clampMin(average(ones, size, stride, padding, false, true, 1), 1);
  };

  define<Pool>(`AvgPool${suffix}`, ({ x }, attributes) => {
    const info = infoOf(x.shape, attributes);
    if (isTrivial(info)) return trivial(x, info);
    const windows = poolWindows(info);
    const { size, stride, padding, margins } = windows;
    const image = channelsSecond(inFloat(x).slot, format);
    if (margins === undefined)
      return inFormat(average(image, size, stride, padding, false, false), format);
    const sums = average(withMargins(image, windows, 0), size, stride, padding, false, true, 1);
    return inFormat(div(sums, countsOf(image, info, windows)), format);
  });

  define<Pool>(`AvgPool${suffix}Grad`, ({ dy, input }, attributes) => {
    const info = infoOf(input.shape, attributes);
    const windows = poolWindows(info);
    const { size, stride, padding, margins, seen } = windows;
    const pulled = channelsSecond(dy.slot, format);
    const image = emptyImage(dy.slot, info.batchSize, info.inChannels, seen);
    const backward = (given: Slot, divisor: number | null): Slot =>
      averageBackward(given, image, size, stride, padding, false, false, divisor);
    if (margins === undefined) return inFormat(backward(pulled, null), format);
    const shares = div(pulled, countsOf(pulled, info, windows));
    return inFormat(withoutMargins(backward(shares, 1), windows), format);
  });
}

/** Whether there are no windows at all, or each is one place: that one, even where a stride would pass over it. */
function isTrivial({ inShape, outShape, ...info }: WindowInfo): boolean {
  const { filterHeight, filterWidth } = info;
  const filterDepth = "filterDepth" in info ? info.filterDepth : 1;
  if (outShape.includes(0)) return true;
  if (filterDepth * filterHeight * filterWidth !== 1) return false;
  return outShape.every((size, axis) => size === inShape[axis]);
}

function trivial(x: Operand, { outShape }: WindowInfo): Slot {
  return outShape.includes(0) ? newEmpty(x.slot, outShape) : x.slot;
}

/** TensorFlow.js takes the largest value that is a number. */
function withoutNaN(x: Slot): Slot {
  return nanTo(x, -Infinity, Infinity, -Infinity);
}

function inType(y: Slot, { dtype }: Operand): Slot {
  return dtype === "float32" ? y : to(y, SCALAR[dtype]);
}
