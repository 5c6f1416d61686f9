import { DiraError } from "@dira/tensor";

// p-values of m tests, adjusted so that each may be held against the level: R's `p.adjust`, statsmodels'
// `multipletests`. All results are in the order of the tests, in [0, 1].

/**
 * Bonferroni's adjustment, `min(1, m p)`: bounds the chance of any false rejection.
 *
 * @returns adjusted p-values, in the order of the tests. As R's `p.adjust` and statsmodels' `multipletests`.
 * @throws DiraError for a p-value outside [0, 1]; a test without one has no place here.
 */
export function bonferroni(pValues: readonly number[]): number[] {
  checkPValues("bonferroni", pValues);
  return pValues.map((p) => Math.min(1, p * pValues.length));
}

/**
 * Holm's adjustment, `max_{j ≤ i} min(1, (m − j + 1) p₍ⱼ₎)` of the i-th smallest: bounds the chance of any
 * false rejection, too, and never rejects less than {@link bonferroni}.
 *
 * @throws DiraError as {@link bonferroni} does.
 * @see Holm 1979, https://www.jstor.org/stable/4615733
 */
export function holm(pValues: readonly number[]): number[] {
  checkPValues("holm", pValues);
  const adjusted = pValues.map(() => 0);
  let least = 0;
  ascending(pValues).forEach((test, i) => {
    least = Math.max(least, Math.min(1, (pValues[test] as number) * (pValues.length - i)));
    adjusted[test] = least;
  });
  return adjusted;
}

/**
 * Benjamini and Hochberg's adjustment, `min_{j ≥ i} min(1, m p₍ⱼ₎ / j)` of the i-th smallest: bounds the
 * expected share of false rejections among all, for independent or positively dependent tests. As
 * `scipy.stats.false_discovery_control`.
 *
 * @throws DiraError as {@link bonferroni} does.
 * @see Benjamini and Hochberg 1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  checkPValues("benjaminiHochberg", pValues);
  const adjusted = pValues.map(() => 0);
  let most = 1;
  ascending(pValues)
    .map((test, i) => ({ test, rank: i + 1 }))
    .reverse()
    .forEach(({ test, rank }) => {
      most = Math.min(most, ((pValues[test] as number) * pValues.length) / rank);
      adjusted[test] = most;
    });
  return adjusted;
}

const ascending = (values: readonly number[]): number[] =>
  values.map((_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number));

function checkPValues(where: string, pValues: readonly number[]): void {
  const bad = pValues.findIndex((p) => !(p >= 0 && p <= 1));
  if (bad < 0) return;
  throw new DiraError(`${where}: expected p-values in [0, 1], got ${pValues[bad]} of test ${bad}.`);
}
