import { DiraError } from "@dira/tensor";
import { normalCdf, normalQuantile } from "./normal-distribution.ts";
import { quantile } from "./quantile.ts";
import { clustersOf, resample, type ResamplingOptions } from "./resampling.ts";

/** A metric of some of the images, of which one may occur several times; undefined where it has no value. */
export type ImageMetric = (images: readonly number[]) => number | undefined;

/** Options of {@link bootstrapInterval}. */
export interface BootstrapOptions extends ResamplingOptions {
  /**
   * `percentile`: the resamples' quantiles. `bca`: bias-corrected and accelerated, nearer to its level for
   * skewed metrics and small samples, at one further evaluation per patient.
   *
   * @defaultValue "bca"
   */
  readonly method?: "percentile" | "bca";
}

/** A metric and its confidence interval. */
export interface BootstrapInterval {
  /** Of the images themselves. */
  readonly value: number | undefined;
  /** Undefined when the value is, with a single patient, or when too few resamples have a value to build an interval on. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly level: number;
  readonly method: "percentile" | "bca";
  readonly patients: number;
  readonly resamples: number;
  /** Resamples without a value, as AUROC without positives; the interval is over the others. */
  readonly undefinedResamples: number;
}

/**
 * Bootstrap confidence interval of any metric, by patients (a cluster bootstrap): patients are drawn with
 * replacement, each with all of her images. As `scipy.stats.bootstrap`, which has no clusters; as there, BCa
 * takes the share of resamples below the value with ties as halves, and the acceleration from the jackknife
 * over patients, `a = Σ d³ / (6 (Σ d²)^{3/2})`.
 *
 * Patients with a label are rare, so resamples without any occur: they are counted, and where more than a
 * few are, the interval means little. BCa has none when the value lies beyond every resample, or when the
 * metric of all but one patient is undefined.
 *
 * @param images - how many there are. @param metric - of images by number, each in `0 … images − 1`.
 * @throws DiraError when the metric gives NaN, or options make no sense.
 * @see Efron 1987, https://doi.org/10.2307/2289144; Davison and Hinkley 1997, section 3.8 (clusters)
 */
export function bootstrapInterval(
  images: number,
  metric: ImageMetric,
  options: BootstrapOptions,
): BootstrapInterval {
  const { random, resamples = 2000, level = 0.95, method = "bca" } = options;
  const clusters = clustersOf("bootstrapInterval", images, options);
  const measure = (some: readonly number[]): number | undefined => {
    const value = metric(some);
    if (!Number.isNaN(value)) return value;
    throw new DiraError(
      "bootstrapInterval: the metric gave NaN. Give undefined where it has no value; look for what made NaN elsewhere.",
    );
  };
  const value = measure(clusters.flat());
  const drawn = Array.from({ length: resamples }, (_, k) =>
    measure(resample(clusters, random, k)),
  ).filter((v) => v !== undefined);
  const sorted = Float64Array.from(drawn).sort();
  const tail = (1 - level) / 2;
  const ends =
    value === undefined || sorted.length < 2 || clusters.length < 2
      ? undefined
      : method === "percentile"
        ? [tail, 1 - tail]
        : bcaTails(value, sorted, jackknife(clusters, measure), tail);
  const [low, high] = (ends ?? []).map((q) => quantile(sorted, q));
  return {
    value,
    low,
    high,
    level,
    method,
    patients: clusters.length,
    resamples,
    undefinedResamples: resamples - sorted.length,
  };
}

/** The metric without each patient in turn; undefined when it is for one of them. */
function jackknife(
  clusters: readonly number[][],
  measure: ImageMetric,
): readonly number[] | undefined {
  const values = clusters.map((_, left) => {
    const others: number[] = [];
    clusters.forEach((images, i) => {
      if (i !== left) others.push(...images);
    });
    return measure(others);
  });
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known : undefined;
}

/** Which quantiles of the resamples bound a BCa interval; undefined where it has none. */
function bcaTails(
  value: number,
  sorted: Float64Array,
  left: readonly number[] | undefined,
  tail: number,
): readonly [number, number] | undefined {
  if (left === undefined) return undefined;
  const below = sorted.reduce((sum, v) => sum + (v < value ? 1 : v === value ? 0.5 : 0), 0);
  const bias = normalQuantile(below / sorted.length);
  if (!Number.isFinite(bias)) return undefined;
  const a = acceleration(left);
  const end = (q: number): number => {
    const z = bias + normalQuantile(q);
    return normalCdf(bias + z / (1 - a * z));
  };
  return [end(tail), end(1 - tail)];
}

function acceleration(left: readonly number[]): number {
  const mean = left.reduce((a, b) => a + b) / left.length;
  let [squares, cubes] = [0, 0];
  for (const value of left) {
    squares += (mean - value) ** 2;
    cubes += (mean - value) ** 3;
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}
