import { sampleOf } from "./t-test.ts";
import { logGamma } from "./student-distribution.ts";

/**
 * Hedges' g: the difference of means in pooled standard deviations, freed from the bias of small samples.
 * `g = J (ā − b̄) / s`, with `J = Γ(ν/2) / (√(ν/2) Γ((ν − 1)/2))`, ν = nₐ + n_b − 2 (about
 * `1 − 3/(4ν − 1)`). By custom 0.2 is small, 0.5 medium, 0.8 large.
 *
 * @returns undefined when neither sample varies.
 * @throws DiraError for fewer than two values of either, or NaN or infinite ones.
 * @see Hedges 1981, eq. 6e, https://doi.org/10.3102/10769986006002107
 */
export function hedgesG(a: readonly number[], b: readonly number[]): number | undefined {
  const [first, second] = [sampleOf("hedgesG", "a", a), sampleOf("hedgesG", "b", b)];
  const degrees = a.length + b.length - 2;
  const pooled = (first.variance * (a.length - 1) + second.variance * (b.length - 1)) / degrees;
  if (pooled === 0) return undefined;
  const correction =
    Math.exp(logGamma(degrees / 2) - logGamma((degrees - 1) / 2)) / Math.sqrt(degrees / 2);
  return (correction * (first.mean - second.mean)) / Math.sqrt(pooled);
}
