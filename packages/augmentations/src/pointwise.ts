import { takeBuffer } from "./buffers.ts";
import { DiraError } from "./errors.ts";
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

/**
 * Mean and standard deviation (of the whole population), in float64.
 *
 * @throws DiraError naming the transform where pixels are no finite numbers.
 */
export function momentsOf(
  where: string,
  data: Float32Array,
): { readonly mean: number; readonly std: number } {
  let sum = 0;
  for (let i = 0; i < data.length; i += 1) sum += data[i] as number;
  const mean = checkedMean(where, sum / data.length);
  let squares = 0;
  for (let i = 0; i < data.length; i += 1) squares += ((data[i] as number) - mean) ** 2;
  return { mean, std: Math.sqrt(squares / data.length) };
}

/** A mean, of which one pixel that is no finite number makes none: it would spread to all of them. */
export function checkedMean(where: string, mean: number): number {
  if (Number.isFinite(mean)) return mean;
  throw notFinite(where, `mean is ${mean}`);
}

/** The ends of the image's values, of which the same is true. */
export function checkedEnds(
  where: string,
  ends: readonly [number, number],
): readonly [number, number] {
  if (ends.every(Number.isFinite)) return ends;
  throw notFinite(where, `values go from ${ends[0]} to ${ends[1]}`);
}

function notFinite(where: string, what: string): DiraError {
  return new DiraError(
    `${where}: the image's ${what}; some of its pixels are no finite numbers. Replace them first.`,
  );
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
