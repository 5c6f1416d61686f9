// Images resized by the nearest pixel.
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { constant } from "../constant.ts";
import { define, type Operand } from "../kernel.ts";
import { channelsSecond, inFormat } from "./layout.ts";
import { nearestMatrix, nearestPlaces, type Resize, type Resizing } from "./resize-axis.ts";
import { resizeGradientBy } from "./resize-matrices.ts";

const averagePool = aten("avg_pool2d");
const expand = aten("expand");
const indexSelect = aten("index_select");
const reshape = aten("reshape");

define<Resize>("ResizeNearestNeighbor", ({ images }, attributes) => {
  const [, height = 1, width = 1] = images.shape;
  const [newHeight, newWidth] = attributes.size;
  const times = timesOf([height, width], attributes.size, attributes);
  if (times !== undefined) return repeat(images, times);
  const rows = constant(nearestPlaces(height, newHeight, attributes), "int32");
  const columns = constant(nearestPlaces(width, newWidth, attributes), "int32");
  return indexSelect(indexSelect(images.slot, 1, rows), 2, columns);
});

define<Resizing>("ResizeNearestNeighborGrad", ({ images, dy }, attributes) => {
  const times = timesOf(images.shape.slice(1, 3), dy.shape.slice(1, 3), attributes);
  if (times !== undefined) return sumRepeated(dy, times);
  const matrixOf = (from: number, to: number): Float32Array => nearestMatrix(from, to, attributes);
  return resizeGradientBy(matrixOf, images, dy);
});

/** How often each pixel is repeated along both axes; undefined where that is not a whole number. */
function timesOf(
  from: readonly number[],
  to: readonly number[],
  { alignCorners }: Resizing,
): readonly [number, number] | undefined {
  const [down = 0, across = 0] = from.map((size, axis) => (to[axis] ?? 0) / size);
  const whole = Number.isInteger(down) && Number.isInteger(across);
  return whole && !alignCorners ? [down, across] : undefined;
}

function repeat({ slot, shape }: Operand, [down, across]: readonly [number, number]): Slot {
  const [count = 1, height = 1, width = 1, channels = 1] = shape;
  const pixels = reshape(slot, [count, height, 1, width, 1, channels]);
  const repeated = expand(pixels, [count, height, down, width, across, channels]);
  return reshape(repeated, [count, height * down, width * across, channels]);
}

/** Averages of divisor 1 are sums. */
function sumRepeated(dy: Operand, times: readonly [number, number]): Slot {
  const image = channelsSecond(dy.slot, "NHWC");
  return inFormat(averagePool(image, times, times, [0, 0], false, true, 1), "NHWC");
}
