import { DiraError } from "@dira/tensor";

/**
 * Scores of N images and what is true of them.
 *
 * @throws DiraError, naming the image, for a NaN score, a truth other than 0, 1 and NaN (unknown), or
 *   lengths that differ.
 */
export function checkBinary(
  where: string,
  scores: ArrayLike<number>,
  truth: ArrayLike<number>,
): void {
  if (scores.length !== truth.length) {
    throw new DiraError(
      `${where}: expected a score for each of ${truth.length} images, got ${scores.length}.`,
    );
  }
  for (let i = 0; i < truth.length; i += 1) {
    const label = truth[i] as number;
    if (label !== 0 && label !== 1 && !Number.isNaN(label)) {
      throw new DiraError(
        `${where}: truth must be 0, 1, or NaN where unknown; image ${i} has ${label}.`,
      );
    }
    if (Number.isNaN(scores[i])) {
      throw new DiraError(
        `${where}: the score of image ${i} is NaN. Scores must be numbers; look for what made it.`,
      );
    }
  }
}

/** As {@link checkBinary}; and scores must be probabilities. @throws DiraError for one outside [0, 1]. */
export function checkProbabilities(
  where: string,
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
): void {
  checkBinary(where, probabilities, truth);
  for (let i = 0; i < probabilities.length; i += 1) {
    const p = probabilities[i] as number;
    if (p >= 0 && p <= 1) continue;
    throw new DiraError(
      `${where}: expected probabilities in [0, 1], got ${p} of image ${i}. Are these logits? Apply sigmoid or softmax first.`,
    );
  }
}

/** Images whose truth is known. */
export function knownImages(truth: ArrayLike<number>): number[] {
  return Array.from(truth, (_, i) => i).filter((i) => !Number.isNaN(truth[i]));
}

/** What lies at or above each threshold. */
interface ThresholdCounts {
  readonly positives: number;
  readonly negatives: number;
  /** One for each different score, highest first. */
  readonly points: readonly ThresholdCount[];
}

/** How many images score `threshold` or more. */
export interface ThresholdCount {
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

/**
 * Counts at each different score: the points of ROC and precision–recall curves, as
 * `sklearn.metrics.roc_curve(drop_intermediate=False)` without its first. Unknown truths are left out.
 *
 * @throws DiraError as {@link checkBinary} does.
 */
export function thresholdCounts(
  where: string,
  scores: ArrayLike<number>,
  truth: ArrayLike<number>,
): ThresholdCounts {
  checkBinary(where, scores, truth);
  const order = knownImages(truth).sort((a, b) => descending(scores[a] ?? 0, scores[b] ?? 0));
  const points: ThresholdCount[] = [];
  let [truePositives, falsePositives] = [0, 0];
  order.forEach((image, n) => {
    if (truth[image] === 1) truePositives += 1;
    else falsePositives += 1;
    const threshold = scores[image] as number;
    const next = order[n + 1];
    if (next !== undefined && scores[next] === threshold) return;
    points.push({ threshold, truePositives, falsePositives });
  });
  return { positives: truePositives, negatives: falsePositives, points };
}

/** Highest first. Not `b - a`: the difference of infinities is NaN. */
export const descending = (a: number, b: number): number => (a > b ? -1 : a < b ? 1 : 0);
