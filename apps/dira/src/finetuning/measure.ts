import type { ImageCache } from "@dira/data";
import { createRandom } from "@dira/random";
import {
  auroc,
  averagePrecision,
  type BootstrapInterval,
  bootstrapInterval,
  expectedCalibrationError,
  type ImageMetric,
  overlap,
  type VoxelMap,
} from "@dira/transfer";
import type { FinetuneConfig } from "./config.ts";
import type { Predictions } from "./predict.ts";

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
}

const RESAMPLES = 1000;

/** Measures predictions: AUROC, average precision and calibration of labels, or Dice and IoU of structures. */
export function measure(
  config: FinetuneConfig,
  names: readonly string[],
  predictions: Predictions,
  cache: ImageCache,
): TestResult {
  const { set } = cache;
  const patients = predictions.images.map((i) => set.patient?.(i) ?? set.id(i));
  const random = createRandom(config.seed, "bootstrap");
  const count = predictions.images.length;
  const interval = (metric: ImageMetric): Measured => {
    const {
      value,
      low,
      high,
      patients: n,
      undefinedResamples,
    } = bootstrapInterval(count, metric, {
      ...{ random, patients, resamples: RESAMPLES, method: "percentile" },
    });
    return { value, low, high, patients: n, undefinedResamples };
  };
  const metrics = names.map((_, k) =>
    config.metric === "auroc"
      ? labelMetrics(predictions, k)
      : maskMetrics(predictions, k, { structures: names.length, metric: config.metric }),
  );
  const mean: ImageMetric = (images) => {
    const values = metrics.flatMap((of) => of.main(images) ?? []);
    return values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length;
  };
  const each = metrics.map(({ main, more, counts }, k) => [
    names[k] as string,
    { [config.metric]: interval(main), ...mapped(more, interval), ...counts },
  ]);
  return {
    metric: config.metric,
    mean: interval(mean),
    each: Object.fromEntries(each),
    images: count,
  };
}

/** Metrics of one label or structure, as functions of the images. */
interface Metrics {
  /** The task's. */
  readonly main: ImageMetric;
  readonly more: Readonly<Record<string, ImageMetric>>;
  readonly counts: Readonly<Record<string, number>>;
}

function labelMetrics({ probabilities, truth }: Predictions, label: number): Metrics {
  const of =
    (metric: (scores: number[], truth: number[]) => number | undefined): ImageMetric =>
    (images) =>
      metric(
        images.map((i) => probabilities[i]?.[label] ?? NaN),
        images.map((i) => truth[i]?.[label] ?? NaN),
      );
  const known = truth.map((row) => row[label] ?? NaN).filter((value) => !Number.isNaN(value));
  return {
    main: of(auroc),
    more: {
      average_precision: of(averagePrecision),
      calibration_error: of(expectedCalibrationError),
    },
    counts: { known: known.length, positives: known.filter((value) => value === 1).length },
  };
}

/** Per image once: resamples then only average. Images whose mask is empty count as 1 or 0. */
function maskMetrics(
  { probabilities, truth, shape }: Predictions,
  structure: number,
  { structures, metric }: { readonly structures: number; readonly metric: "dice" | "iou" },
): Metrics {
  const sides = shape.slice(0, -1);
  const channel = (map: Float32Array): VoxelMap => ({
    data: map.filter((_, i) => i % structures === structure),
    shape: sides,
  });
  const all = overlap(probabilities.map(channel), truth.map(channel));
  const mean =
    (values: readonly (number | undefined)[]): ImageMetric =>
    (images) =>
      images.reduce((sum, i) => sum + (values[i] ?? 0), 0) / images.length;
  const measures = { dice: mean(all.dice.perImage), iou: mean(all.iou.perImage) };
  const { [metric]: main, ...more } = measures;
  const counts = {
    pooled_dice: all.dice.pooled ?? NaN,
    pooled_iou: all.iou.pooled ?? NaN,
    images_with_it: truth.filter((map) => hasAny(channel(map))).length,
  };
  return { main, more, counts };
}

const hasAny = ({ data }: VoxelMap): boolean => Array.from(data).some((value) => value === 1);

function mapped<In, Out>(
  record: Readonly<Record<string, In>>,
  f: (value: In) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
}
