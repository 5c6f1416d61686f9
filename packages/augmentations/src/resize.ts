import { axisMap, type IndexMap, movedGeometry } from "./geometry.ts";
import { gathered, stridesOf } from "./moved.ts";
import { extremesOf } from "./pointwise.ts";
import { type Box, maxValueOf, type Pixels, pixelCount, type Raster } from "./sample.ts";
import { type Filter, filterTaps, type Taps } from "./taps.ts";
import { weightedSum } from "./weighted-sum.ts";

/** One line of the last axis. */
function resampleLine(
  out: Float32Array,
  to: number,
  line: Float32Array,
  { outputs, width, start, weights }: Taps,
): void {
  for (let o = 0, w = 0; o < outputs; o += 1) {
    const first = start[o] as number;
    let sum = 0;
    let k = 0;
    for (; k + 2 < width; k += 3, w += 3) {
      sum +=
        (weights[w] as number) * (line[first + k] as number) +
        (weights[w + 1] as number) * (line[first + k + 1] as number) +
        (weights[w + 2] as number) * (line[first + k + 2] as number);
    }
    for (; k < width; k += 1, w += 1) {
      sum += (weights[w] as number) * (line[first + k] as number);
    }
    out[to + o] = sum;
  }
}

/** Pixels as floats in [0, 1], each the very float that `sampleOf` would make of it. */
function copyLine(
  out: Float32Array,
  to: number,
  data: Pixels,
  from: number,
  length: number,
  scale: number,
): void {
  for (let x = 0; x < length; x += 1) out[to + x] = (data[from + x] as number) * scale;
}

/** Along an axis that others follow: `[outer, n, inner]` → `[outer, outputs, inner]`. */
function resampleOuter(data: Float32Array, n: number, inner: number, taps: Taps): Float32Array {
  const { outputs, width, start, weights } = taps;
  const outer = data.length / n / inner;
  const out = new Float32Array(outer * outputs * inner);
  const lines = new Int32Array(width);
  for (let line = 0; line < outer * outputs; line += 1) {
    const o = line % outputs;
    const from = (Math.floor(line / outputs) * n + (start[o] as number)) * inner;
    for (let k = 0; k < width; k += 1) lines[k] = from + k * inner;
    weightedSum(out, line * inner, inner, data, lines, weights, o * width);
  }
  return out;
}

/** Calls `visit(from, to)` with the first pixel of each line of a box, there and in the box alone. */
export function forEachLine(
  shape: readonly number[],
  box: Box,
  visit: (from: number, to: number) => void,
): void {
  const rank = shape.length;
  const length = box[2 * rank - 1] as number;
  const [depth, height] = [rank === 3 ? (box[3] as number) : 1, box[2 * rank - 2] as number];
  const front = rank === 3 ? (box[0] as number) : 0;
  const [top, left] = [box[rank - 2] as number, box[rank - 1] as number];
  const [rows, columns] = [shape[rank - 2] as number, shape[rank - 1] as number];
  for (let z = 0; z < depth; z += 1) {
    for (let y = 0; y < height; y += 1) {
      visit(((front + z) * rows + top + y) * columns + left, (z * height + y) * length);
    }
  }
}

/** Cuts a box out and resizes its last axis, to floats in [0, 1]. */
function cutLines(
  { data, shape }: Raster<Pixels>,
  box: Box,
  outputs: number,
  filter: Filter,
): Float32Array {
  const length = box.at(-1) as number;
  const lines = pixelCount(box.slice(shape.length)) / length;
  const out = new Float32Array(lines * outputs);
  const scale = 1 / maxValueOf(data);
  const taps = length === outputs ? undefined : filterTaps(length, outputs, filter);
  let to = 0;
  const line = new Float32Array(length);
  forEachLine(shape, box, (from) => {
    if (taps === undefined) {
      copyLine(out, to, data, from, length, scale);
    } else {
      copyLine(line, 0, data, from, length, scale);
      resampleLine(out, to, line, taps);
    }
    to += outputs;
  });
  return out;
}

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
  const rank = image.shape.length;
  const sides = box.slice(rank);
  let data = cutLines(image, box, size[rank - 1] as number, filter);
  sides[rank - 1] = size[rank - 1] as number;
  for (let axis = rank - 2; axis >= 0; axis -= 1) {
    const [from, to] = [sides[axis] as number, size[axis] as number];
    const inner = pixelCount(sides.slice(axis + 1));
    if (from !== to) data = resampleOuter(data, from, inner, filterTaps(from, to, filter));
    sides[axis] = to;
  }
  if (filter === "bicubic") cutToRange(data, image, box);
  return { data, shape: [...size], ...movedGeometry(image, cropMap(box, size)) };
}

/** In place, to the range of the pixels in the box. */
function cutToRange(data: Float32Array, image: Raster<Pixels>, box: Box): void {
  const inside = cutLines(image, box, box.at(-1) as number, "bilinear");
  const [low, high] = extremesOf(inside);
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
