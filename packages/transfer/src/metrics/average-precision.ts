import { thresholdCounts } from "./binary-labels.ts";
import { perLabel, type PerLabelMetric } from "./per-label.ts";

/**
 * The area under the precision–recall curve as a step function: `Σₙ (Rₙ − Rₙ₋₁) Pₙ` over the different
 * scores from the highest, where Pₙ and Rₙ are precision and recall of what scores n or more. In (0, 1];
 * at chance it is the share of positives, not one half. As `sklearn.metrics.average_precision_score`, which
 * for lack of positives gives 0, and 1 where all are positive; here both are undefined, as {@link auroc} is.
 *
 * @param scores - of N images; only their order counts.
 * @param truth - 1 or 0 of each, or NaN where unknown: those are left out.
 * @returns undefined when there is no positive or no negative.
 * @throws DiraError for a NaN score, another truth, or lengths that differ.
 * @see Davis and Goadrich 2006 (why not by trapezia), https://doi.org/10.1145/1143844.1143874
 */
export function averagePrecision(
  scores: ArrayLike<number>,
  truth: ArrayLike<number>,
): number | undefined {
  const { points, positives, negatives } = thresholdCounts("averagePrecision", scores, truth);
  if (positives === 0 || negatives === 0) return undefined;
  let [sum, found] = [0, 0];
  for (const { truePositives, falsePositives } of points) {
    sum += (truePositives - found) * (truePositives / (truePositives + falsePositives));
    found = truePositives;
  }
  return sum / positives;
}

/**
 * {@link averagePrecision} of each label and their mean, as `average_precision_score(average="macro")`; but
 * labels without both classes are left out.
 *
 * @param scores - `[N][L]`. @param truth - `[N][L]` of 0, 1 or NaN.
 * @throws DiraError as {@link averagePrecision} does.
 */
export function multiLabelAveragePrecision(
  scores: readonly ArrayLike<number>[],
  truth: readonly ArrayLike<number>[],
): PerLabelMetric {
  return perLabel("multiLabelAveragePrecision", scores, truth, averagePrecision);
}
