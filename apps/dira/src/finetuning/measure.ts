import type { ImageSet } from "@dira/data";
import { createRandom } from "@dira/random";
import { type BootstrapInterval, bootstrapInterval, type ImageMetric } from "@dira/transfer";
import type { FinetuneConfig } from "./config.ts";

/** A metric with its interval. */
export type Measured = Pick<
  BootstrapInterval,
  "value" | "low" | "high" | "patients" | "undefinedResamples"
>;

/** What a test found. */
export interface TestResult {
  readonly metric: FinetuneConfig["metric"];
  /** Mean over labels or structures, with its interval by patients. */
  readonly mean: Measured;
  /** By the label's or structure's name. */
  readonly each: Readonly<Record<string, Readonly<Record<string, Measured | number>>>>;
  readonly images: number;
  /** Of the distances between surfaces, where there are any: pixels where no image says how large they are. */
  readonly distance_unit?: "mm" | "pixels";
}

/** Metrics of one label or structure, as functions of the images. */
export interface Metrics {
  /** The task's. */
  readonly main: ImageMetric;
  readonly more: Readonly<Record<string, ImageMetric>>;
  readonly counts: Readonly<Record<string, number>>;
}

const RESAMPLES = 1000;

/**
 * Metrics of each label or structure and the mean of the task's, with bootstrap intervals by patients.
 *
 * @param images - numbers in the set; metrics take positions in this list.
 */
export function summarise(
  { metric, seed }: FinetuneConfig,
  set: ImageSet,
  images: readonly number[],
  metrics: Readonly<Record<string, Metrics>>,
): TestResult {
  const patients = images.map((i) => set.patient?.(i) ?? set.id(i));
  const random = createRandom(seed, "bootstrap");
  const interval = (of: ImageMetric): Measured => {
    const options = { random, patients, resamples: RESAMPLES, method: "percentile" } as const;
    const found = bootstrapInterval(images.length, of, options);
    const { value, low, high, patients: n, undefinedResamples } = found;
    return { value, low, high, patients: n, undefinedResamples };
  };
  const mean: ImageMetric = (some) => {
    const values = Object.values(metrics).flatMap(({ main }) => main(some) ?? []);
    return values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length;
  };
  const each = mapped(metrics, ({ main, more, counts }) => ({
    [metric]: interval(main),
    ...mapped(more, interval),
    ...counts,
  }));
  return { metric, mean: interval(mean), each, images: images.length };
}

/** A metric as people read it. */
export function shownInterval({ value, low, high, patients }: Measured): string {
  const shown = (x: number | undefined): string => x?.toFixed(4) ?? "undefined";
  return `${shown(value)} (95 % ${shown(low)} to ${shown(high)}, by ${patients} patients)`;
}

function mapped<In, Out>(
  record: Readonly<Record<string, In>>,
  f: (value: In) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
}
