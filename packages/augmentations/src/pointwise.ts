import { takeBuffer } from "./buffers.ts";
import type { Raster, Sample } from "./sample.ts";

/** A sample with other intensities. */
export function withData(sample: Sample, data: Float32Array): Sample {
  return { ...sample, image: { ...sample.image, data } };
}

/** `scale · x + shift`, cut to a range, as a new array. */
export function linear(
  data: Float32Array,
  scale: number,
  shift: number,
  low: number = -Infinity,
  high: number = Infinity,
): Float32Array {
  const out = takeBuffer(data.length);
  for (let i = 0; i < data.length; i += 1) {
    const value = scale * (data[i] as number) + shift;
    out[i] = value < low ? low : value > high ? high : value;
  }
  return out;
}

/** Mean and standard deviation (of the whole population), in float64. */
export function momentsOf(data: Float32Array): { readonly mean: number; readonly std: number } {
  let sum = 0;
  for (let i = 0; i < data.length; i += 1) sum += data[i] as number;
  const mean = sum / data.length;
  let squares = 0;
  for (let i = 0; i < data.length; i += 1) squares += ((data[i] as number) - mean) ** 2;
  return { mean, std: Math.sqrt(squares / data.length) };
}

/** Smallest and largest value. */
export function extremesOf(data: Float32Array): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i += 1) {
    const value = data[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/**
 * Percentiles by linear interpolation between order statistics: `numpy.percentile`.
 *
 * @param percents - each in [0, 100].
 */
export function percentilesOf(
  { data }: Pick<Raster, "data">,
  percents: readonly number[],
): number[] {
  const sorted = data.slice().sort();
  return percents.map((percent) => {
    const position = (percent / 100) * (sorted.length - 1);
    const below = Math.floor(position);
    const low = sorted[below] as number;
    const high = sorted[Math.min(sorted.length - 1, below + 1)] as number;
    return low + (position - below) * (high - low);
  });
}
