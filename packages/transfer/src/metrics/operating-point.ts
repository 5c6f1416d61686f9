import { DiraError } from "@dira/tensor";
import { type ThresholdCount, thresholdCounts } from "./binary-labels.ts";

/** What a threshold decides: images that score it or more are called positive. */
export interface OperatingPoint {
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
  /** Recall, `TP / (TP + FN)`; undefined without positives. */
  readonly sensitivity: number | undefined;
  /** `TN / (TN + FP)`; undefined without negatives. */
  readonly specificity: number | undefined;
  /** Positive predictive value, `TP / (TP + FP)`; undefined when none is called positive. */
  readonly precision: number | undefined;
  /** `TN / (TN + FN)`; undefined when none is called negative. */
  readonly negativePredictiveValue: number | undefined;
  /** `2 TP / (2 TP + FP + FN)`; undefined when there is no positive and none is called so. */
  readonly f1: number | undefined;
}

/** What a threshold must reach. */
export type OperatingTarget = { readonly sensitivity: number } | { readonly specificity: number };

/**
 * Confusion counts and what follows from them at a threshold, as `sklearn.metrics.confusion_matrix` of
 * `scores >= threshold`; ratios 0/0 are undefined, where scikit-learn gives 0.
 *
 * @param truth - 1 or 0 of each, or NaN where unknown: those are left out.
 * @throws DiraError for a NaN score or threshold, another truth, or lengths that differ.
 */
export function operatingPoint(
  scores: ArrayLike<number>,
  truth: ArrayLike<number>,
  threshold: number,
): OperatingPoint {
  if (Number.isNaN(threshold)) {
    throw new DiraError("operatingPoint: expected a threshold, got NaN.");
  }
  const { points, positives, negatives } = thresholdCounts("operatingPoint", scores, truth);
  const counts = points.findLast((point) => point.threshold >= threshold) ?? NOTHING;
  return pointOf({ ...counts, threshold }, positives, negatives);
}

/**
 * The operating point that reaches a sensitivity with the highest specificity (so the highest threshold
 * that does), or a specificity with the highest sensitivity. Thresholds are the scores that occur, and
 * Infinity, at which nothing is positive. A threshold chosen on the images that it is judged by flatters:
 * choose it on held-out ones and apply it with {@link operatingPoint}.
 *
 * @returns undefined when there is no positive or no negative.
 * @throws DiraError for a target outside [0, 1], and as {@link operatingPoint} does.
 */
export function operatingPointAt(
  scores: ArrayLike<number>,
  truth: ArrayLike<number>,
  target: OperatingTarget,
): OperatingPoint | undefined {
  const wanted = "sensitivity" in target ? target.sensitivity : target.specificity;
  if (!(wanted >= 0 && wanted <= 1)) {
    throw new DiraError(`operatingPointAt: expected a target in [0, 1], got ${wanted}.`);
  }
  const points = allPoints("operatingPointAt", scores, truth);
  // Sensitivity rises along the points and specificity falls.
  return "sensitivity" in target
    ? points?.find(({ sensitivity }) => (sensitivity ?? 0) >= wanted)
    : points?.findLast(({ specificity }) => (specificity ?? 0) >= wanted);
}

/**
 * The operating point of the highest Youden index, `J = sensitivity + specificity − 1`; of equal ones that
 * with the highest threshold. The caution of {@link operatingPointAt} holds here, too.
 *
 * @returns undefined when there is no positive or no negative.
 * @throws DiraError as {@link operatingPoint} does.
 * @see Youden 1950, https://doi.org/10.1002/1097-0142(1950)3:1%3C32::AID-CNCR2820030106%3E3.0.CO;2-3
 */
export function youdenPoint(
  scores: ArrayLike<number>,
  truth: ArrayLike<number>,
): OperatingPoint | undefined {
  const points = allPoints("youdenPoint", scores, truth);
  // As TP n₋ − FP n₊, in whole numbers: equal indices are then equal.
  const index = (p: OperatingPoint): number =>
    p.truePositives * (p.trueNegatives + p.falsePositives) -
    p.falsePositives * (p.truePositives + p.falseNegatives);
  return points?.reduce((best, point) => (index(point) > index(best) ? point : best));
}

const NOTHING: ThresholdCount = { threshold: Infinity, truePositives: 0, falsePositives: 0 };

/** From the highest threshold to the lowest. */
function allPoints(
  where: string,
  scores: ArrayLike<number>,
  truth: ArrayLike<number>,
): readonly OperatingPoint[] | undefined {
  const { points, positives, negatives } = thresholdCounts(where, scores, truth);
  if (positives === 0 || negatives === 0) return undefined;
  const first = points[0]?.threshold === Infinity ? [] : [NOTHING];
  return [...first, ...points].map((point) => pointOf(point, positives, negatives));
}

function pointOf(point: ThresholdCount, positives: number, negatives: number): OperatingPoint {
  const { threshold, truePositives, falsePositives } = point;
  const trueNegatives = negatives - falsePositives;
  const falseNegatives = positives - truePositives;
  const ratio = (part: number, whole: number): number | undefined =>
    whole === 0 ? undefined : part / whole;
  return {
    threshold,
    truePositives,
    falsePositives,
    trueNegatives,
    falseNegatives,
    sensitivity: ratio(truePositives, positives),
    specificity: ratio(trueNegatives, negatives),
    precision: ratio(truePositives, truePositives + falsePositives),
    negativePredictiveValue: ratio(trueNegatives, trueNegatives + falseNegatives),
    f1: ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
  };
}
