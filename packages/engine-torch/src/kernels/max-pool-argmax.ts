// The largest value of each window, and where it is in the image, or in all images.
import * as tf from "@tensorflow/tfjs";
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";
import { channelsSecond, inFormat } from "./layout.ts";
import { poolWindows, withMargins } from "./windows.ts";

interface Attributes {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number;
  readonly includeBatchInIndex: boolean;
}

const add = aten("add.Tensor");
const arange = aten("arange");
const divide = aten("div.Scalar_mode");
const maxPool = aten<[Slot, Slot]>("max_pool2d_with_indices");
const nanTo = aten("nan_to_num");
const remainder = aten("remainder.Scalar");
const reshape = aten("reshape");
const scale = aten("mul.Scalar");
const sub = aten("sub.Scalar");
const to = aten("to.dtype");

define<Attributes>("MaxPoolWithArgmax", ({ x }, attributes) => {
  const { filterSize, strides, pad, includeBatchInIndex } = attributes;
  const shape = x.shape as [number, number, number, number];
  const windows = poolWindows(
    tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad),
  );
  const { size, stride, padding, dilation, margins, seen } = windows;
  const numbers = nanTo(to(x.slot, SCALAR.float32), -Infinity, Infinity, -Infinity);
  const image = channelsSecond(numbers, "NHWC");
  const [y, places] = maxPool(
    withMargins(image, windows, -Infinity),
    size,
    stride,
    padding,
    dilation,
  );
  // ATen counts in one channel, and margins with it.
  const [top, left] = [margins?.[0]?.[0] ?? 0, margins?.[1]?.[0] ?? 0];
  const rows = sub(divide(places, seen[1], "floor"), top);
  const columns = sub(remainder(places, seen[1]), left);
  const [count, height, width, channels] = shape;
  const plane = add(columns, rows, width);
  const inImage = add(reshape(arange(channels), [-1, 1, 1]), scale(plane, channels));
  const images = reshape(arange(count), [-1, 1, 1, 1]);
  const indices = includeBatchInIndex ? add(inImage, images, height * width * channels) : inImage;
  return [inFormat(to(y, SCALAR[x.dtype]), "NHWC"), inFormat(indices, "NHWC")];
});
