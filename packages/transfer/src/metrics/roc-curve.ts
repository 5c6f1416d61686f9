import { thresholdCounts } from "./binary-labels.ts";

/** A point of a ROC curve. */
export interface RocPoint {
  /** Images that score this or more are called positive; Infinity at the first point. */
  readonly threshold: number;
  /** 1 − specificity. */
  readonly falsePositiveRate: number;
  /** Sensitivity. */
  readonly truePositiveRate: number;
}

/**
 * The ROC curve from (0, 0) to (1, 1), a point for each different score, as
 * `sklearn.metrics.roc_curve(drop_intermediate=False)`; the area under its straight lines is {@link auroc}.
 *
 * @param truth - 1 or 0 of each, or NaN where unknown: those are left out.
 * @returns undefined when there is no positive or no negative.
 * @throws DiraError for a NaN score, another truth, or lengths that differ.
 * @see Fawcett 2006, https://doi.org/10.1016/j.patrec.2005.10.010
 */
export function rocCurve(
  scores: ArrayLike<number>,
  truth: ArrayLike<number>,
): readonly RocPoint[] | undefined {
  const { positives, negatives, points } = thresholdCounts("rocCurve", scores, truth);
  if (positives === 0 || negatives === 0) return undefined;
  return [
    { threshold: Infinity, falsePositiveRate: 0, truePositiveRate: 0 },
    ...points.map(({ threshold, truePositives, falsePositives }) => ({
      threshold,
      falsePositiveRate: falsePositives / negatives,
      truePositiveRate: truePositives / positives,
    })),
  ];
}

/**
 * Sensitivity at a false-positive rate, on the straight line between the curve's points; where the curve
 * rises upright, its upper end, as `numpy.interp`. Curves of several runs are averaged so ("vertical
 * averaging", Fawcett 2006, section 8).
 *
 * @param curve - of {@link rocCurve}. @param rate - in [0, 1].
 */
export function sensitivityAt(curve: readonly RocPoint[], rate: number): number {
  const after = curve.findIndex(({ falsePositiveRate }) => falsePositiveRate > rate);
  const right = curve[after < 0 ? curve.length - 1 : after] as RocPoint;
  const left = curve[after < 0 ? curve.length - 1 : after - 1] as RocPoint;
  const width = right.falsePositiveRate - left.falsePositiveRate;
  if (width === 0) return left.truePositiveRate;
  const share = (rate - left.falsePositiveRate) / width;
  return left.truePositiveRate + share * (right.truePositiveRate - left.truePositiveRate);
}
