import { DiraError } from "@dira/tensor";

/** {@link meanAndStd}'s result. */
export interface MeanAndStd {
  /** Undefined when no value is defined. */
  readonly mean: number | undefined;
  /** Sample standard deviation, with N − 1; undefined for fewer than two values. */
  readonly std: number | undefined;
  /** How many values entered. */
  readonly count: number;
  /** Which values were undefined and did not enter. */
  readonly undefinedAt: readonly number[];
}

/**
 * Mean and sample standard deviation (`√(Σ (x − x̄)² / (N − 1))`) of a metric over runs, images or labels,
 * as `numpy.mean` and `numpy.std(ddof=1)`: what papers write as mean ± std of ten runs. Undefined values are
 * left out, and said which.
 *
 * @throws DiraError for a NaN.
 */
export function meanAndStd(values: readonly (number | undefined)[]): MeanAndStd {
  const bad = values.findIndex((value) => Number.isNaN(value));
  if (bad >= 0) throw new DiraError(`meanAndStd: value ${bad} is NaN. Look for what made it.`);
  const undefinedAt = values.flatMap((value, i) => (value === undefined ? [i] : []));
  const known = values.filter((value) => value !== undefined);
  const count = known.length;
  if (count === 0) return { mean: undefined, std: undefined, count, undefinedAt };
  const mean = known.reduce((a, b) => a + b) / count;
  if (count === 1) return { mean, std: undefined, count, undefinedAt };
  const squares = known.map((value) => (value - mean) ** 2).reduce((a, b) => a + b);
  return { mean, std: Math.sqrt(squares / (count - 1)), count, undefinedAt };
}
