import { DiraError } from "@dira/tensor";
import { meanAndStd } from "./mean-and-std.ts";
import { studentTwoSided, studentTwoSidedQuantile } from "./student-distribution.ts";

/** A two-sided test of equal means. */
export interface TTest {
  /** t; undefined when neither sample varies, for then there is nothing to measure a difference by. */
  readonly statistic: number | undefined;
  readonly degreesOfFreedom: number | undefined;
  /** Two-sided, in [0, 1]; undefined where the statistic is. */
  readonly pValue: number | undefined;
  /** Mean of a less mean of b. */
  readonly difference: number;
  /** 95 % confidence interval of the difference; undefined where the statistic is. */
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/**
 * Welch's t-test, which does not take the variances for equal:
 * `t = (ā − b̄) / √(s²ₐ/nₐ + s²_b/n_b)`, with Welch and Satterthwaite's degrees of freedom. As
 * `scipy.stats.ttest_ind(a, b, equal_var=False)` and its `confidence_interval()`. The better default of the two, also where samples are
 * small.
 *
 * @param a - a metric of independent runs, at least two. @param b - that of other runs.
 * @throws DiraError for fewer than two values, or NaN or infinite ones.
 * @see Welch 1947, https://doi.org/10.1093/biomet/34.1-2.28
 */
export function welchTTest(a: readonly number[], b: readonly number[]): TTest {
  const [first, second] = [sampleOf("welchTTest", "a", a), sampleOf("welchTTest", "b", b)];
  const [u, v] = [first.variance / a.length, second.variance / b.length];
  // By shares, as squares of small variances would vanish.
  const share = u / (u + v);
  const degrees = 1 / (share ** 2 / (a.length - 1) + (1 - share) ** 2 / (b.length - 1));
  return tTest(first.mean - second.mean, Math.sqrt(u + v), degrees);
}

/**
 * Student's t-test of independent samples with equal variances, which the DiRA paper compares ten runs by:
 * `t = (ā − b̄) / (s √(1/nₐ + 1/n_b))` with the pooled s and `nₐ + n_b − 2` degrees of freedom. As
 * `scipy.stats.ttest_ind(a, b)`.
 *
 * @throws DiraError as {@link welchTTest} does.
 * @see Student 1908, https://doi.org/10.2307/2331554
 */
export function studentTTest(a: readonly number[], b: readonly number[]): TTest {
  const [first, second] = [sampleOf("studentTTest", "a", a), sampleOf("studentTTest", "b", b)];
  const degrees = a.length + b.length - 2;
  const pooled = (first.variance * (a.length - 1) + second.variance * (b.length - 1)) / degrees;
  const error = Math.sqrt(pooled * (1 / a.length + 1 / b.length));
  return tTest(first.mean - second.mean, error, degrees);
}

function tTest(difference: number, standardError: number, degreesOfFreedom: number): TTest {
  if (standardError === 0) {
    const nothing = { statistic: undefined, degreesOfFreedom: undefined, pValue: undefined };
    return { ...nothing, difference, low: undefined, high: undefined };
  }
  const statistic = difference / standardError;
  const pValue = studentTwoSided(statistic, degreesOfFreedom);
  const reach = studentTwoSidedQuantile(0.05, degreesOfFreedom) * standardError;
  const [low, high] = [difference - reach, difference + reach];
  return { statistic, degreesOfFreedom, pValue, difference, low, high };
}

/** Mean and sample variance. @throws DiraError as {@link welchTTest} does. */
export function sampleOf(
  where: string,
  name: string,
  values: readonly number[],
): { mean: number; variance: number } {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (values.length < 2 || bad >= 0) {
    const got = bad < 0 ? `${values.length}` : `${values[bad]} at ${bad}`;
    throw new DiraError(`${where}: expected two or more finite values of ${name}, got ${got}.`);
  }
  const { mean, std } = meanAndStd(values);
  // Of equal values the rounded mean may differ from them, and a variance seem to be there.
  const variance = values.every((value) => value === values[0]) ? 0 : (std as number) ** 2;
  return { mean: mean as number, variance };
}
