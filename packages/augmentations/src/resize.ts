import { type Box, maxValueOf, type Pixels, pixelCount, type Raster } from "./sample.ts";
import { weightedSum } from "./weighted-sum.ts";

/** Which inputs make an output along one axis, and how much each counts. */
interface Taps {
  readonly outputs: number;
  /** Inputs per output. */
  readonly width: number;
  readonly start: Int32Array;
  /** `[outputs, width]`; each row adds up to 1. */
  readonly weights: Float64Array;
}

/**
 * Triangle-filter taps as PIL's `BILINEAR`: `w(i) ∝ max(0, 1 − |i + ½ − c| / s)` around
 * `c = (o + ½) · inputs / outputs` with `s = max(1, inputs / outputs)`. When shrinking, the filter
 * widens with the scale, so that nothing is skipped (antialiasing).
 */
function triangleTaps(inputs: number, outputs: number): Taps {
  const scale = inputs / outputs;
  const support = Math.max(1, scale);
  const width = Math.min(inputs, Math.ceil(2 * support) + 1);
  const start = new Int32Array(outputs);
  const weights = new Float64Array(outputs * width);
  for (let o = 0; o < outputs; o += 1) {
    const center = (o + 0.5) * scale;
    const first = Math.max(0, Math.min(Math.floor(center - support + 0.5), inputs - width));
    let total = 0;
    for (let k = 0; k < width; k += 1) {
      const weight = Math.max(0, 1 - Math.abs(first + k + 0.5 - center) / support);
      weights[o * width + k] = weight;
      total += weight;
    }
    for (let k = 0; k < width; k += 1) {
      weights[o * width + k] = (weights[o * width + k] as number) / total;
    }
    start[o] = first;
  }
  return { outputs, width, start, weights };
}

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
function cutLines({ data, shape }: Raster<Pixels>, box: Box, outputs: number): Float32Array {
  const length = box.at(-1) as number;
  const lines = pixelCount(box.slice(shape.length)) / length;
  const out = new Float32Array(lines * outputs);
  const scale = 1 / maxValueOf(data);
  const taps = length === outputs ? undefined : triangleTaps(length, outputs);
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
 * Cuts a box out of an image and resizes it, one axis after the other, with PIL's antialiased bilinear
 * filter. Pixels outside the box do not count.
 *
 * @param box - `[start …, length …]` in pixels, within the image.
 * @param size - sides of the result.
 */
export function cropResize(image: Raster<Pixels>, box: Box, size: readonly number[]): Raster {
  const rank = image.shape.length;
  const sides = box.slice(rank);
  let data = cutLines(image, box, size[rank - 1] as number);
  sides[rank - 1] = size[rank - 1] as number;
  for (let axis = rank - 2; axis >= 0; axis -= 1) {
    const [from, to] = [sides[axis] as number, size[axis] as number];
    const inner = pixelCount(sides.slice(axis + 1));
    if (from !== to) data = resampleOuter(data, from, inner, triangleTaps(from, to));
    sides[axis] = to;
  }
  return { data, shape: [...size], ...scaledSpacing(image, box, size) };
}

/** The same for labels: each result takes the nearest pixel's, so no new label arises. */
export function cropNearest(
  { data, shape, spacing }: Raster<Uint8Array>,
  box: Box,
  size: readonly number[],
): Raster<Uint8Array> {
  const rank = shape.length;
  const sources = size.map((side, axis) => {
    const [start, length] = [box[axis] as number, box[rank + axis] as number];
    return Int32Array.from({ length: side }, (_, o) =>
      Math.min(start + length - 1, start + Math.floor(((o + 0.5) * length) / side)),
    );
  });
  const [across, down] = [sources[rank - 1] as Int32Array, sources[rank - 2] as Int32Array];
  const into = rank === 3 ? (sources[0] as Int32Array) : new Int32Array(1);
  const [rows, columns] = [shape[rank - 2] as number, shape[rank - 1] as number];
  const out = new Uint8Array(pixelCount(size));
  let to = 0;
  for (const z of into) {
    for (const y of down) {
      const row = (z * rows + y) * columns;
      for (const x of across) out[to++] = data[row + x] as number;
    }
  }
  return {
    data: out,
    shape: [...size],
    ...scaledSpacing({ data, shape, ...(spacing && { spacing }) }, box, size),
  };
}

function scaledSpacing(
  { shape, spacing }: Raster<Pixels>,
  box: Box,
  size: readonly number[],
): { spacing?: number[] } {
  if (spacing === undefined) return {};
  const rank = shape.length;
  return {
    spacing: spacing.map(
      (mm, axis) => (mm * (box[rank + axis] as number)) / (size[axis] as number),
    ),
  };
}
