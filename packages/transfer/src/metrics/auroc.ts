import { DiraError } from "@dira/tensor";

/** {@link multiLabelAuroc}'s result. */
export interface MultiLabelAuroc {
  /** Of each label; undefined where all images with a known label have the same. */
  readonly perLabel: readonly (number | undefined)[];
  /** Over the labels that have one; undefined when none has. */
  readonly mean: number | undefined;
}

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
  checkBinary(scores, truth);
  const known = Array.from(truth, (_, i) => i).filter((i) => !Number.isNaN(truth[i]));
  const order = known.sort((a, b) => compare(scores[a] as number, scores[b] as number));
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
): MultiLabelAuroc {
  if (scores.length !== truth.length) {
    throw new DiraError(
      `multiLabelAuroc: expected scores and truth of as many images, got ${scores.length} and ${truth.length}.`,
    );
  }
  const column = (rows: readonly ArrayLike<number>[], l: number): number[] =>
    rows.map((row) => row[l] ?? NaN);
  const perLabel = Array.from({ length: truth[0]?.length ?? 0 }, (_, l) =>
    auroc(column(scores, l), column(truth, l)),
  );
  const known = perLabel.filter((value) => value !== undefined);
  const mean = known.length === 0 ? undefined : known.reduce((a, b) => a + b) / known.length;
  return { perLabel, mean };
}

const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

function checkBinary(scores: ArrayLike<number>, truth: ArrayLike<number>): void {
  if (scores.length !== truth.length) {
    throw new DiraError(
      `auroc: expected a score for each of ${truth.length} images, got ${scores.length}.`,
    );
  }
  for (let i = 0; i < truth.length; i += 1) {
    const label = truth[i] as number;
    if (label !== 0 && label !== 1 && !Number.isNaN(label)) {
      throw new DiraError(
        `auroc: truth must be 0, 1, or NaN where unknown; image ${i} has ${label}.`,
      );
    }
    if (Number.isNaN(scores[i])) {
      throw new DiraError(
        `auroc: the score of image ${i} is NaN. Scores must be numbers; look for what made it.`,
      );
    }
  }
}
