import { checkBinary, knownImages } from "./binary-labels.ts";
import { perLabel, type PerLabelMetric } from "./per-label.ts";

/**
 * The area under the ROC curve: the probability that a positive scores above a negative, ties counting
 * half. `(R₊ − n₊ (n₊ + 1) / 2) / (n₊ n₋)`, where R₊ is the sum of the positives' ranks and ties share
 * their mean rank (Mann–Whitney), in float64, as `sklearn.metrics.roc_auc_score`.
 *
 * @param scores - of N images; only their order counts.
 * @param truth - 1 or 0 of each, or NaN where unknown: those are left out.
 * @returns undefined when there is no positive or no negative.
 * @throws DiraError for a NaN score, another truth, or lengths that differ.
 * @see Hanley and McNeil 1982, https://doi.org/10.1148/radiology.143.1.7063747
 */
export function auroc(scores: ArrayLike<number>, truth: ArrayLike<number>): number | undefined {
  checkBinary("auroc", scores, truth);
  const order = knownImages(truth).sort((a, b) => compare(scores[a] ?? 0, scores[b] ?? 0));
  let [positives, ranks] = [0, 0];
  for (let start = 0, end = 0; start < order.length; start = end) {
    const score = scores[order[start] as number];
    while (end < order.length && scores[order[end] as number] === score) end += 1;
    const tied = order.slice(start, end).filter((i) => truth[i] === 1).length;
    positives += tied;
    ranks += (tied * (start + 1 + end)) / 2;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/**
 * {@link auroc} of each label and their mean, as `roc_auc_score(average="macro")`; but labels without
 * both classes are left out, where scikit-learn gives NaN.
 *
 * @param scores - `[N][L]`. @param truth - `[N][L]` of 0, 1 or NaN.
 * @throws DiraError as {@link auroc} does.
 */
export function multiLabelAuroc(
  scores: readonly ArrayLike<number>[],
  truth: readonly ArrayLike<number>[],
): PerLabelMetric {
  return perLabel("multiLabelAuroc", scores, truth, auroc);
}

const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);
