import type { ImageSet } from "@dira/data";
import { createRandom, type Random } from "@dira/random";
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
  /** Mean over structures, or the labels that count, with its interval by patients. */
  readonly mean: Measured;
  /** By the label's or structure's name. */
  readonly each: Readonly<Record<string, Readonly<Record<string, Measured | number>>>>;
  readonly images: number;
  /** Labels with fewer positives than count in the mean, where there are any. */
  readonly too_few_positives?: readonly string[];
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

/** Draws of patients for an interval. */
export const RESAMPLES = 1000;

/** The patient of an image; one without a known patient stands for itself. */
export function patientOf(set: Pick<ImageSet, "id" | "patient">, image: number): string {
  return set.patient?.(image) ?? set.id(image);
}

/** A metric with its 95 % percentile interval by patients. @param patients - of each image. */
export function measured(
  metric: ImageMetric,
  patients: readonly string[],
  random: Random,
): Measured {
  const found = bootstrapInterval(patients.length, metric, {
    ...{ random, patients, resamples: RESAMPLES, method: "percentile" },
  });
  const { value, low, high, patients: count, undefinedResamples } = found;
  return { value, low, high, patients: count, undefinedResamples };
}

/**
 * Metrics of each label or structure and the mean of the task's, with bootstrap intervals by patients. Labels with fewer
 * than `leastPositives` positives are measured, but don't count in the mean.
 *
 * @param images - numbers in the set; metrics take positions in this list.
 */
export function measureTest(
  { metric, seed, leastPositives }: FinetuneConfig,
  set: ImageSet,
  images: readonly number[],
  metrics: Readonly<Record<string, Metrics>>,
): TestResult {
  const patients = images.map((image) => patientOf(set, image));
  const random = createRandom(seed, "bootstrap");
  const interval = (of: ImageMetric): Measured => measured(of, patients, random);
  const few = Object.entries(metrics).flatMap(([name, { counts }]) =>
    (counts["positives"] ?? Infinity) < leastPositives ? [name] : [],
  );
  const counted = Object.entries(metrics).filter(([name]) => !few.includes(name));
  const mean: ImageMetric = (some) => {
    const values = counted.flatMap(([, { main }]) => main(some) ?? []);
    return values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length;
  };
  const each = mapped(metrics, ({ main, more, counts }) => ({
    [metric]: interval(main),
    ...mapped(more, interval),
    ...counts,
  }));
  return {
    ...{ metric, mean: interval(mean), each, images: images.length },
    ...(few.length > 0 && leastPositives > 1 && { too_few_positives: few }),
  };
}

/** A metric as people read it. */
export function shownInterval(found: Measured): string {
  const shown = (x: number | undefined): string => x?.toFixed(4) ?? "undefined";
  const { value, low, high, patients, undefinedResamples } = found;
  const left =
    undefinedResamples === 0
      ? ""
      : `, without ${undefinedResamples} of ${RESAMPLES} draws, which have no value`;
  return `${shown(value)} (95 % ${shown(low)} to ${shown(high)}, by ${patients} patients${left})`;
}

function mapped<In, Out>(
  record: Readonly<Record<string, In>>,
  f: (value: In) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
}
