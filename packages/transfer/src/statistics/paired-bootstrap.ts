import { DiraError } from "@dira/tensor";
import type { ImageMetric } from "./bootstrap.ts";
import { quantile } from "./quantile.ts";
import { clustersOf, resample, type ResamplingOptions } from "./resampling.ts";

/** A difference between two models on the same images. */
export interface PairedDifference {
  /** Metric of a less that of b; undefined when either is. */
  readonly difference: number | undefined;
  /** Percentile interval of the difference. Undefined when it is, with a single patient, or without two resamples that have a value. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** Two-sided, of the hypothesis that there is no difference; undefined where the interval is. */
  readonly pValue: number | undefined;
  readonly level: number;
  readonly patients: number;
  readonly resamples: number;
  /** Resamples in which a metric had no value. */
  readonly undefinedResamples: number;
}

/**
 * Compares two models on the same images by the paired bootstrap: both metrics are taken of the same draws of
 * patients, so what is hard for both cancels. The p-value turns the percentile interval round: of B
 * resampled differences d, `p = min(1, 2 (1 + min(#{d ≤ 0}, #{d ≥ 0})) / (B + 1))`; it is never below
 * `2 / (B + 1)`, and 1 for equal models. SciPy has no counterpart.
 *
 * With few patients its p-value is too small: where all of n agree on the better model, an exact test of their signs
 * cannot give less than `2^(1−n)`. Take it for twenty or more.
 *
 * It says how far the models' difference can be told from these patients, not how far it depends on the
 * training run: for that, compare several runs by {@link welchTTest}.
 *
 * @param images - how many there are. @param a - metric of the first model on images by number.
 * @param b - that of the second.
 * @throws DiraError when a metric gives NaN, or options make no sense.
 * @see Efron and Tibshirani 1993, sections 13.3 and 15.4; Davison and Hinkley 1997, section 4.2.3 (the + 1)
 */
export function pairedBootstrap(
  images: number,
  a: ImageMetric,
  b: ImageMetric,
  options: ResamplingOptions,
): PairedDifference {
  const { random, resamples = 2000, level = 0.95 } = options;
  const clusters = clustersOf("pairedBootstrap", images, options);
  const differenceOf = (some: readonly number[]): number | undefined => {
    const [first, second] = [a(some), b(some)];
    if (Number.isNaN(first) || Number.isNaN(second)) {
      throw new DiraError(
        "pairedBootstrap: a metric gave NaN. Give undefined where it has no value; look for what made NaN elsewhere.",
      );
    }
    return first === undefined || second === undefined ? undefined : first - second;
  };
  const difference = differenceOf(clusters.flat());
  const drawn = Array.from({ length: resamples }, (_, k) =>
    differenceOf(resample(clusters, random, k)),
  ).filter((value) => value !== undefined);
  const sorted = Float64Array.from(drawn).sort();
  const common = {
    level,
    patients: clusters.length,
    resamples,
    undefinedResamples: resamples - sorted.length,
  };
  if (difference === undefined || sorted.length < 2 || clusters.length < 2) {
    return { difference, low: undefined, high: undefined, pValue: undefined, ...common };
  }
  const tail = (1 - level) / 2;
  const [low, high] = [quantile(sorted, tail), quantile(sorted, 1 - tail)];
  return { difference, low, high, pValue: pValueOf(sorted), ...common };
}

function pValueOf(differences: Float64Array): number {
  const least = differences.filter((d) => d <= 0).length;
  const most = differences.filter((d) => d >= 0).length;
  return Math.min(1, (2 * (1 + Math.min(least, most))) / (differences.length + 1));
}
