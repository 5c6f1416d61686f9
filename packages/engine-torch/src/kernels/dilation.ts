// Grayscale dilation: the largest sum of a window's values and the filter's, by itself in each channel.
import * as tf from "@tensorflow/tfjs";
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define, type Operand } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";
import { channelsSecond, inFormat } from "./layout.ts";
import { convolutionWindows, type Windows, withMargins, withoutMargins } from "./windows.ts";

interface Attributes {
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number;
  readonly dilations: [number, number] | number;
}

/** Images as [N, C, H, W] with their margins, and what the filter's places see of them. */
interface Dilation {
  readonly windows: Windows;
  readonly padded: Slot;
  /** For each place of the filter, the values below it in all windows. */
  readonly seen: readonly Slot[];
  /** For each place, the filter's values as [C, 1, 1]. */
  readonly filter: readonly Slot[];
}

const add = aten("add.Tensor");
const addInPlace = aten("add_.Tensor");
const eq = aten("eq.Scalar");
const max = aten<[Slot, Slot]>("max.dim");
const maximum = aten("maximum");
const mul = aten("mul.Tensor");
const reshape = aten("reshape");
const select = aten("select.int");
const slice = aten("slice.Tensor");
const stack = aten("stack");
const sum = aten("sum.dim_IntList");
const to = aten("to.dtype");
const zerosLike = aten("zeros_like");

define<Attributes>("Dilation2D", ({ x, filter }, attributes) => {
  const sums = sumsOf(dilationOf(x, filter, attributes));
  const largest = sums.reduce((a, b) => maximum(a, b));
  return inFormat(to(largest, SCALAR[x.dtype]), "NHWC");
});

define<Attributes>("Dilation2DBackpropInput", ({ x, filter, dy }, attributes) => {
  const dilation = dilationOf(x, filter, attributes);
  const gradient = zerosLike(dilation.padded);
  const targets = viewsOf(gradient, dilation.windows);
  sharesOf(dilation, dy).forEach((share, place) => addInPlace(targets[place], share));
  return inFormat(withoutMargins(gradient, dilation.windows), "NHWC");
});

define<Attributes>("Dilation2DBackpropFilter", ({ x, filter, dy }, attributes) => {
  const shares = sharesOf(dilationOf(x, filter, attributes), dy);
  const rows = shares.map((share) => sum(share, [0, 2, 3]));
  return reshape(stack(rows), filter.shape);
});

function dilationOf(x: Operand, filter: Operand, attributes: Attributes): Dilation {
  const { strides, pad, dilations } = attributes;
  const info = tf.backend_util.computeDilation2DInfo(
    x.shape as [number, number, number, number],
    filter.shape as [number, number, number],
    strides,
    pad,
    "NHWC",
    dilations,
  );
  // Padding of both ends alike is a margin here as well.
  const windows = withAllInMargins(convolutionWindows(info));
  const image = channelsSecond(to(x.slot, SCALAR.float32), "NHWC");
  const padded = withMargins(image, windows, -Infinity);
  const seen = viewsOf(padded, windows);
  const places = reshape(filter.slot, [seen.length, info.inChannels, 1, 1]);
  return { windows, padded, seen, filter: seen.map((_, place) => select(places, 0, place)) };
}

function withAllInMargins(windows: Windows): Windows {
  const { margins, padding } = windows;
  return { ...windows, margins: margins ?? padding.map((size) => [size, size] as const) };
}

/** What each place of the filter sees of an image, window by window: views. */
function viewsOf(image: Slot, { size, stride, dilation, output }: Windows): Slot[] {
  const [height = 1, width = 1] = size;
  /** Every `stride`-th place of an axis from where the filter's place is in the first window. */
  const along = (x: Slot, axis: number, place: number): Slot => {
    const [start, step] = [place * (dilation[axis] ?? 1), stride[axis] ?? 1];
    const end = start + ((output[axis] ?? 1) - 1) * step + 1;
    return slice(x, axis + 2, start, end, step);
  };
  return Array.from({ length: height * width }, (_, place) =>
    along(along(image, 0, Math.floor(place / width)), 1, place % width),
  );
}

function sumsOf({ seen, filter }: Dilation): Slot[] {
  return seen.map((values, place) => add(values, filter[place]));
}

/** For each place of the filter, `dy` where the largest sum was its. */
function sharesOf(dilation: Dilation, dy: Operand): Slot[] {
  const [, winners] = max(stack(sumsOf(dilation)), 0);
  const pulled = channelsSecond(dy.slot, "NHWC");
  return dilation.seen.map((_, place) => mul(pulled, eq(winners, place)));
}
