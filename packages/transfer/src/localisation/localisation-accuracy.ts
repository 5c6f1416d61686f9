import { DiraError } from "@dira/tensor";

/** The share of images that are localised at one threshold. */
export interface LocalisationAccuracy {
  readonly threshold: number;
  /** In [0, 1]. */
  readonly accuracy: number;
}

/** Wang et al.'s, for IoU. */
const THRESHOLDS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];

/**
 * How many findings are localised: the share whose overlap is above a threshold, for each threshold. Wang et
 * al. 2017 take 0.1 … 0.7 of IoU, and 0.1, 0.25, 0.5, 0.75, 0.9 of IoBB.
 *
 * @param overlaps - IoU, or IoBB, of each finding; 0 where nothing was detected.
 * @throws DiraError for none, or what is no overlap.
 * @see Wang et al. 2017 (ChestX-ray8), tables 4 and 5, https://arxiv.org/abs/1705.02315
 */
export function localisationAccuracy(
  overlaps: readonly number[],
  thresholds: readonly number[] = THRESHOLDS,
): readonly LocalisationAccuracy[] {
  const bad = overlaps.findIndex((value) => !(value >= 0 && value <= 1));
  if (overlaps.length === 0 || bad >= 0) {
    const got = overlaps.length === 0 ? "none" : `${overlaps[bad]} at ${bad}`;
    throw new DiraError(`localisationAccuracy: expected overlaps in [0, 1], got ${got}.`);
  }
  return thresholds.map((threshold) => ({
    threshold,
    accuracy: overlaps.filter((value) => value > threshold).length / overlaps.length,
  }));
}
