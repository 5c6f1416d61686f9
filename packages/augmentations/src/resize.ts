import { axisMap, type IndexMap, movedGeometry } from "./geometry.ts";
import { kernels, type Sides, sidesOfShape } from "./kernels/kernels.ts";
import { gathered, stridesOf } from "./moved.ts";
import { extremesOf } from "./pointwise.ts";
import type { Box, Pixels, Raster } from "./sample.ts";
import { type Filter, filterTaps } from "./taps.ts";

/**
 * Cuts a box out of an image and resizes it, one axis after the other, with Pillow's antialiased filters.
 * Pixels outside the box do not count. A cubic's overshoot is cut to the range of the pixels in the box.
 *
 * @param box - `[start …, length …]` in pixels, within the image.
 * @param size - sides of the result.
 */
export function cropResize(
  image: Raster<Pixels>,
  box: Box,
  size: readonly number[],
  filter: Filter = "bilinear",
): Raster {
  const { data: source, shape } = image;
  const rank = shape.length;
  const sides = sidesOfShape(shape);
  const volume = (values: readonly number[], missing: number): Sides =>
    [...(rank === 2 ? [missing] : []), ...values] as unknown as Sides;
  const start = volume(box.slice(0, rank), 0);
  const lengths = volume(box.slice(rank), 1);
  const taps = volume(size, 1).map((to, axis) => {
    const from = lengths[axis] as number;
    return from === to ? undefined : filterTaps(from, to, filter);
  });
  const data = kernels().resample(source, sides, start, lengths, taps);
  if (filter === "bicubic") {
    const none = [undefined, undefined, undefined];
    cutTo(data, extremesOf(kernels().resample(source, sides, start, lengths, none)));
  }
  return { data, shape: [...size], ...movedGeometry(image, cropMap(box, size)) };
}

/** In place. */
function cutTo(data: Float32Array, [low, high]: readonly [number, number]): void {
  for (let i = 0; i < data.length; i += 1) {
    data[i] = Math.min(high, Math.max(low, data[i] as number));
  }
}

/** Where each pixel of a resized box comes from: centres on centres. */
export function cropMap(box: Box, size: readonly number[]): IndexMap {
  const rank = size.length;
  const scale = size.map((side, axis) => (box[rank + axis] as number) / side);
  const offset = scale.map((factor, axis) => (box[axis] as number) + (factor - 1) / 2);
  return axisMap(scale, offset);
}

/** Per axis, how far in memory the nearest source of each result lies: a resize for labels. */
export function nearestOffsets(
  shape: readonly number[],
  box: Box,
  size: readonly number[],
): Int32Array[] {
  const rank = shape.length;
  const strides = stridesOf(shape);
  return size.map((side, axis) => {
    const [start, length] = [box[axis] as number, box[rank + axis] as number];
    const stride = strides[axis] as number;
    return Int32Array.from({ length: side }, (_, o) => {
      const index = start + Math.floor(((o + 0.5) * length) / side);
      return Math.min(start + length - 1, index) * stride;
    });
  });
}

/** {@link cropResize} for labels: each result takes the nearest pixel's, so no new label arises. */
export function cropNearest(
  labels: Raster<Uint8Array>,
  box: Box,
  size: readonly number[],
): Raster<Uint8Array> {
  const data = gathered(labels.data, nearestOffsets(labels.shape, box, size), 0);
  return { data, shape: [...size], ...movedGeometry(labels, cropMap(box, size)) };
}
