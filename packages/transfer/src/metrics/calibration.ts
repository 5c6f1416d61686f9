import { DiraError } from "@dira/tensor";
import { checkProbabilities, knownImages } from "./binary-labels.ts";
import { perLabel, type PerLabelMetric } from "./per-label.ts";

/** Options of calibration errors. */
export interface CalibrationOptions {
  /** Bins of equal width over [0, 1]. @defaultValue 15, as Guo et al. 2017 */
  readonly bins?: number;
}

/** One bin of a reliability diagram; empty ones are left out. */
export interface CalibrationBin {
  /** The bin is (low, high]; the first includes 0. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean probability. */
  readonly confidence: number;
  /** Share of the images that are positive. */
  readonly frequency: number;
}

/**
 * A reliability diagram: of the images that got about the same probability, how many were positive.
 *
 * @param probabilities - of N images. @param truth - 1 or 0 of each, or NaN where unknown.
 * @throws DiraError, naming the image, for what is no probability, another truth, or lengths that differ.
 */
export function reliability(
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
  { bins = 15 }: CalibrationOptions = {},
): readonly CalibrationBin[] {
  checkProbabilities("reliability", probabilities, truth);
  if (!Number.isInteger(bins) || bins < 1) {
    throw new DiraError(`reliability: expected 1 bin or more, got ${bins}.`);
  }
  const sums = Array.from({ length: bins }, () => ({ count: 0, probability: 0, positives: 0 }));
  for (const image of knownImages(truth)) {
    const p = probabilities[image] as number;
    const sum = sums[binOf(p, bins)] as (typeof sums)[number];
    sum.count += 1;
    sum.probability += p;
    sum.positives += truth[image] as number;
  }
  return sums.flatMap(({ count, probability, positives }, k) => {
    if (count === 0) return [];
    const [low, high] = [k / bins, (k + 1) / bins];
    return [{ low, high, count, confidence: probability / count, frequency: positives / count }];
  });
}

/**
 * Expected calibration error of probabilities of one label: `Σ_b n_b / N · |frequency_b − confidence_b|`
 * over bins b of equal width; in [0, 1], 0 where probabilities mean what they say. As
 * `torchmetrics.functional.calibration_error(norm="l1")` of a binary task and MONAI's
 * `CalibrationErrorMetric`, whose bins are closed on the left; these are closed on the right, as the paper's.
 * It depends on the number of bins, and is biased upwards for few images.
 *
 * @returns undefined when no truth is known. One class alone is no hindrance.
 * @throws DiraError as {@link reliability} does.
 * @see Guo et al. 2017, eq. 3, https://arxiv.org/abs/1706.04599
 */
export function expectedCalibrationError(
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
  options: CalibrationOptions = {},
): number | undefined {
  const bins = reliability(probabilities, truth, options);
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  return bins.reduce(
    (sum, { count, confidence, frequency }) =>
      sum + (count / total) * Math.abs(frequency - confidence),
    0,
  );
}

/**
 * {@link expectedCalibrationError} of each label (of sigmoid outputs), or of each class one against the rest
 * (of softmax outputs; the mean is then the class-wise error of Kull et al. 2019).
 *
 * @param probabilities - `[N][L]`. @param truth - `[N][L]` of 0, 1 or NaN.
 * @throws DiraError as {@link reliability} does.
 */
export function multiLabelCalibrationError(
  probabilities: readonly ArrayLike<number>[],
  truth: readonly ArrayLike<number>[],
  options: CalibrationOptions = {},
): PerLabelMetric {
  return perLabel("multiLabelCalibrationError", probabilities, truth, (p, y) =>
    expectedCalibrationError(p, y, options),
  );
}

/**
 * Expected calibration error of a classifier's own choice, Guo et al.'s: the probability is that of the
 * likeliest class (of equal ones the lowest), and it is positive when that is the true one.
 *
 * @param probabilities - `[N][classes]`, rows that sum to 1. @param classes - of each image.
 * @throws DiraError, naming the image, for what is no probability, or lengths that differ.
 */
export function topClassCalibrationError(
  probabilities: readonly ArrayLike<number>[],
  classes: readonly number[],
  options: CalibrationOptions = {},
): number | undefined {
  const chosen = probabilities.map((row) => {
    const values = Array.from(row);
    return values.reduce((best, p, c) => (p > (values[best] as number) ? c : best), 0);
  });
  const confidences = probabilities.map((row, n) =>
    Array.from(row).some(Number.isNaN) ? NaN : (row[chosen[n] as number] ?? NaN),
  );
  const right = classes.map((label, n) => Number(label === chosen[n]));
  return expectedCalibrationError(confidences, right, options);
}

/** The k of `k / bins < p ≤ (k + 1) / bins`; products are rounded, so the bounds themselves decide. */
function binOf(p: number, bins: number): number {
  let k = Math.max(0, Math.ceil(p * bins) - 1);
  while (k > 0 && p <= k / bins) k -= 1;
  while (p > (k + 1) / bins) k += 1;
  return k;
}
