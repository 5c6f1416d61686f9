import type { Random } from "@dira/random";

/** The observations of CheXpert, in the order of its table. */
export const CHEXPERT_LABELS: readonly string[] = [
  "No Finding",
  "Enlarged Cardiomediastinum",
  "Cardiomegaly",
  "Lung Opacity",
  "Lung Lesion",
  "Edema",
  "Consolidation",
  "Pneumonia",
  "Atelectasis",
  "Pneumothorax",
  "Pleural Effusion",
  "Pleural Other",
  "Fracture",
  "Support Devices",
];

/** The five that CheXpert's competition, and DiRA, score. */
export const CHEXPERT_COMPETITION_LABELS: readonly string[] = [
  "Atelectasis",
  "Cardiomegaly",
  "Consolidation",
  "Edema",
  "Pleural Effusion",
];

/**
 * What becomes of a label that the reports leave uncertain (−1 in the table): 1; 0; NaN, which losses
 * and metrics leave out; a number from U(0.55, 0.85) or from U(0, 0.3) of its own; or −1 as it is, for a
 * third class.
 *
 * @see Irvin et al. 2019, section 3, https://arxiv.org/abs/1901.07031; the smoothed ones: Pham et al.
 *   2021, https://arxiv.org/abs/1911.06475
 */
export type UncertaintyPolicy =
  "ones" | "zeros" | "ignore" | "smoothed-ones" | "smoothed-zeros" | "multi-class";

/** Applies a policy to a label of −1, 0 or 1; others stay as they are. */
export function resolveUncertain(
  value: number,
  policy: UncertaintyPolicy,
  random: () => Random,
): number {
  if (value !== -1) return value;
  switch (policy) {
    case "ones":
      return 1;
    case "zeros":
      return 0;
    case "ignore":
      return NaN;
    case "smoothed-ones":
      return random().uniform(0.55, 0.85);
    case "smoothed-zeros":
      return random().uniform(0, 0.3);
    case "multi-class":
      return -1;
  }
}
