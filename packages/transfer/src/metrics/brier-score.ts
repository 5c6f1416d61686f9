import { checkProbabilities, knownImages } from "./binary-labels.ts";
import { perLabel, type PerLabelMetric } from "./per-label.ts";

/**
 * Brier score, the mean squared error of probabilities: `1/N Σᵢ (pᵢ − yᵢ)²`, in [0, 1], lower is better;
 * always ½ gives ¼. It measures calibration and discrimination at once. As
 * `sklearn.metrics.brier_score_loss`.
 *
 * @param probabilities - of N images. @param truth - 1 or 0 of each, or NaN where unknown: left out.
 * @returns undefined when no truth is known. One class alone is no hindrance.
 * @throws DiraError, naming the image, for what is no probability, another truth, or lengths that differ.
 * @see Brier 1950, https://doi.org/10.1175/1520-0493(1950)078%3C0001:VOFEIT%3E2.0.CO;2
 */
export function brierScore(
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
): number | undefined {
  checkProbabilities("brierScore", probabilities, truth);
  const known = knownImages(truth);
  if (known.length === 0) return undefined;
  const squares = known.map((i) => ((probabilities[i] as number) - (truth[i] as number)) ** 2);
  return squares.reduce((a, b) => a + b) / known.length;
}

/**
 * {@link brierScore} of each label, and its mean. Of L classes, Brier's own score is L times that mean.
 *
 * @param probabilities - `[N][L]`. @param truth - `[N][L]` of 0, 1 or NaN.
 * @throws DiraError as {@link brierScore} does.
 */
export function multiLabelBrierScore(
  probabilities: readonly ArrayLike<number>[],
  truth: readonly ArrayLike<number>[],
): PerLabelMetric {
  return perLabel("multiLabelBrierScore", probabilities, truth, brierScore);
}
