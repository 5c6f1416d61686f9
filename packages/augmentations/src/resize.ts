import type { Raster } from "./sample.ts";

/** Which inputs make an output, and how much each counts. */
interface Taps {
  readonly start: Int32Array;
  readonly weights: Float64Array;
  readonly width: number;
}

/**
 * Triangle-filter taps as PIL's `BILINEAR`: when shrinking, the filter widens with the scale, so that
 * nothing is skipped (antialiasing).
 */
function triangleTaps(from: number, length: number, limit: number, outputs: number): Taps {
  const scale = length / outputs;
  const support = Math.max(1, scale);
  const width = Math.ceil(support) * 2 + 1;
  const start = new Int32Array(outputs);
  const weights = new Float64Array(outputs * width);
  for (let o = 0; o < outputs; o += 1) {
    const center = from + (o + 0.5) * scale;
    const first = Math.max(0, Math.floor(center - support + 0.5));
    const end = Math.min(limit, Math.floor(center + support + 0.5));
    start[o] = first;
    let total = 0;
    for (let i = first; i < end; i += 1) {
      const weight = Math.max(0, 1 - Math.abs(i + 0.5 - center) / support);
      weights[o * width + i - first] = weight;
      total += weight;
    }
    for (let k = 0; k < width; k += 1)
      weights[o * width + k] = (weights[o * width + k] ?? 0) / total;
  }
  return { start, weights, width };
}

/**
 * Cuts a box out of an image and resizes it, rows first, then columns.
 *
 * @param box - `[top, left, height, width]` in pixels, within the image.
 * @param size - `[height, width]` of the result.
 */
export function cropResize(
  image: Raster,
  [top, left, height, width]: readonly [number, number, number, number],
  size: readonly [number, number],
): Raster {
  const columns = image.shape[1];
  const across = triangleTaps(0, width, width, size[1]);
  const down = triangleTaps(0, height, height, size[0]);
  const narrow = new Float32Array(height * size[1]);
  for (let y = 0; y < height; y += 1) {
    const row = (top + y) * columns + left;
    for (let x = 0; x < size[1]; x += 1) {
      const first = row + (across.start[x] as number);
      let sum = 0;
      for (let k = 0; k < across.width; k += 1) {
        const weight = across.weights[x * across.width + k] as number;
        if (weight !== 0) sum += weight * (image.data[first + k] as number);
      }
      narrow[y * size[1] + x] = sum;
    }
  }
  const data = new Float32Array(size[0] * size[1]);
  const sums = new Float64Array(size[1]);
  for (let y = 0; y < size[0]; y += 1) {
    sums.fill(0);
    for (let k = 0; k < down.width; k += 1) {
      const weight = down.weights[y * down.width + k] as number;
      if (weight === 0) continue;
      const row = ((down.start[y] as number) + k) * size[1];
      for (let x = 0; x < size[1]; x += 1) {
        sums[x] = (sums[x] as number) + weight * (narrow[row + x] as number);
      }
    }
    data.set(sums, y * size[1]);
  }
  return { data, shape: size };
}
