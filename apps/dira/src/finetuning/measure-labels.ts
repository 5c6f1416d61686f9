import {
  auroc,
  averagePrecision,
  expectedCalibrationError,
  type ImageMetric,
} from "@dira/transfer";
import type { Metrics } from "./measure.ts";

/** Probabilities and truth of one image's labels. */
export interface LabelScore {
  /** The image's number in its set. */
  readonly image: number;
  readonly probabilities: Float32Array;
  /** 0, 1, or NaN where unknown. */
  readonly truth: readonly number[];
}

/** AUROC, average precision and calibration of a label. */
export function labelMetrics(scores: readonly LabelScore[], label: number): Metrics {
  const of =
    (metric: (scores: number[], truth: number[]) => number | undefined): ImageMetric =>
    (images) =>
      metric(
        images.map((i) => scores[i]?.probabilities[label] ?? NaN),
        images.map((i) => scores[i]?.truth[label] ?? NaN),
      );
  const known = scores.flatMap(({ truth }) => {
    const value = truth[label] ?? NaN;
    return Number.isNaN(value) ? [] : [value];
  });
  return {
    main: of(auroc),
    more: {
      average_precision: of(averagePrecision),
      calibration_error: of(expectedCalibrationError),
    },
    counts: { known: known.length, positives: known.filter((value) => value === 1).length },
  };
}
