import { DiraError } from "@dira/tensor";

/**
 * Top-1 accuracy: the share of images whose class has the highest score, as
 * `torchmetrics.functional.accuracy(average="micro")`. Of equal scores the lowest class is taken.
 *
 * @param scores - `[N][classes]`. @param classes - of each image; one beyond the scores counts as missed.
 * @throws DiraError for no images, a NaN score, or lengths that differ.
 */
export function accuracy(scores: readonly ArrayLike<number>[], classes: readonly number[]): number {
  if (scores.length !== classes.length || scores.length === 0) {
    throw new DiraError(
      `accuracy: expected scores and classes of as many images, at least one, got ${scores.length} and ${classes.length}.`,
    );
  }
  return scores.filter((row, n) => highest(row, n) === classes[n]).length / scores.length;
}

function highest(row: ArrayLike<number>, image: number): number {
  let best = 0;
  for (let c = 0; c < row.length; c += 1) {
    const score = row[c] as number;
    if (Number.isNaN(score)) {
      throw new DiraError(`accuracy: the score of class ${c} of image ${image} is NaN.`);
    }
    if (score > (row[best] as number)) best = c;
  }
  return best;
}
