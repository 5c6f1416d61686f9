import { DiraError } from "@dira/tensor";

/** A metric of each of several labels. */
export interface PerLabelMetric {
  /** Of each label; undefined where the metric has no value, as AUROC where all images are alike. */
  readonly perLabel: readonly (number | undefined)[];
  /** Over the labels that have one; undefined when none has. */
  readonly mean: number | undefined;
}

/**
 * A metric of each label, and the mean over the labels that have one.
 *
 * @param scores - `[N][L]`. @param truth - `[N][L]` of 0, 1 or NaN where unknown.
 * @param metric - of one label's scores and truth.
 * @throws DiraError when there are not as many rows of each, or a row of scores lacks a label.
 */
export function perLabel(
  where: string,
  scores: readonly ArrayLike<number>[],
  truth: readonly ArrayLike<number>[],
  metric: (scores: ArrayLike<number>, truth: ArrayLike<number>) => number | undefined,
): PerLabelMetric {
  if (scores.length !== truth.length) {
    throw new DiraError(
      `${where}: expected scores and truth of as many images, got ${scores.length} and ${truth.length}.`,
    );
  }
  const column = (rows: readonly ArrayLike<number>[], l: number): Float64Array =>
    Float64Array.from(rows, (row) => row[l] ?? NaN);
  const values = Array.from({ length: truth[0]?.length ?? 0 }, (_, l) =>
    metric(column(scores, l), column(truth, l)),
  );
  const known = values.filter((value) => value !== undefined);
  const mean = known.length === 0 ? undefined : known.reduce((a, b) => a + b) / known.length;
  return { perLabel: values, mean };
}
