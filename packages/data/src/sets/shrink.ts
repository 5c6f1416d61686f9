import type { Pixels, Raster } from "@dira/augmentations";
import { emptyLike } from "../formats/shared-memory.ts";

/** Shrinks an image so that its shorter side is `side`, each pixel the mean of the area it takes. */
export function shrink<Data extends Pixels>(image: Raster<Data>, side: number): Raster<Data> {
  const { data, shape, spacing, ...place } = image;
  const [height, width] = shape as [number, number];
  const scale = Math.min(height, width) / side;
  if (scale <= 1) return image;
  const [rows, columns] = [Math.round(height / scale), Math.round(width / scale)];
  const narrow = meansOf(data, height, width, columns);
  const small = transposedMeans(narrow, height, columns, rows);
  const out = emptyLike("shrink", data, small.length);
  const exact = data instanceof Float32Array;
  for (let i = 0; i < small.length; i += 1) {
    out[i] = exact ? (small[i] as number) : Math.round(small[i] as number);
  }
  const finer = [height / rows, width / columns];
  return {
    data: out,
    shape: [rows, columns],
    ...place,
    ...(spacing && { spacing: spacing.map((mm, axis) => mm * (finer[axis] as number)) }),
  };
}

/** Each row's means over `count` equal parts. */
function meansOf(
  data: ArrayLike<number>,
  rows: number,
  length: number,
  count: number,
): Float64Array {
  const out = new Float64Array(rows * count);
  const part = length / count;
  for (let row = 0; row < rows; row += 1) {
    for (let i = 0; i < count; i += 1) {
      const [from, to] = [i * part, (i + 1) * part];
      let sum = 0;
      for (let x = Math.floor(from); x < Math.min(length, Math.ceil(to)); x += 1) {
        const share = Math.min(x + 1, to) - Math.max(x, from);
        sum += share * (data[row * length + x] as number);
      }
      out[row * count + i] = sum / part;
    }
  }
  return out;
}

/** The same down the columns. */
function transposedMeans(
  data: Float64Array,
  height: number,
  width: number,
  count: number,
): Float64Array {
  const turned = new Float64Array(data.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) turned[x * height + y] = data[y * width + x] as number;
  }
  const means = meansOf(turned, width, height, count);
  const out = new Float64Array(width * count);
  for (let x = 0; x < width; x += 1) {
    for (let y = 0; y < count; y += 1) out[y * width + x] = means[x * count + y] as number;
  }
  return out;
}
