import type { Random } from "@dira/random";

/** Options of {@link bootstrapMean}. */
export interface BootstrapOptions {
  readonly random: Random;
  /** @defaultValue 2000 */
  readonly resamples?: number;
  /** Coverage of the interval. @defaultValue 0.95 */
  readonly level?: number;
}

/** A mean and its interval. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The mean of independent values with its percentile bootstrap interval: the quantiles of the means of
 * resamples drawn with replacement.
 *
 * @param values - one for each independent unit (an image, a patient); of a paired comparison, the
 *   differences.
 * @see Efron and Tibshirani 1993, section 13.3
 */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions): Estimate {
  const { random, resamples = 2000, level = 0.95 } = options;
  if (values.length === 0) throw new Error("bootstrapMean: expected at least one value, got none.");
  const mean = (at: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < values.length; i += 1) sum += values[at(i)] as number;
    return sum / values.length;
  };
  const means = Array.from({ length: resamples }, (_, k) => {
    const draw = random.derive("resample", k);
    return mean(() => draw.integer(0, values.length));
  }).sort((a, b) => a - b);
  const quantile = (q: number): number =>
    means[Math.min(resamples - 1, Math.floor(q * resamples))] as number;
  const tail = (1 - level) / 2;
  return { mean: mean((i) => i), low: quantile(tail), high: quantile(1 - tail) };
}
