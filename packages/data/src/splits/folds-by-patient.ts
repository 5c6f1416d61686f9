import { DataError, type ImageSet } from "../image.ts";
import { subset } from "../subset.ts";
import { splitByPatient } from "./split-by-patient.ts";

/** Options of {@link foldsByPatient}. */
export interface FoldOptions {
  /** How many folds, at least 2. */
  readonly folds: number;
  /** Share of the images that validate in each fold, taken from those that are not tested. @defaultValue 0.1 */
  readonly val?: number;
  readonly seed: number;
}

/** The numbers of the images of each split of a fold, in order. */
export type Fold = Readonly<Record<"train" | "val" | "test", readonly number[]>>;

/**
 * Cross-validation by patient: each image is tested in one fold, and no patient is in two splits of a fold. Test
 * splits, and the validation splits within the rest, are stratified as {@link splitByPatient} does it.
 *
 * @throws DataError for fewer than 2 folds, when `val` leaves nothing to train on, and as `splitByPatient` does.
 */
export function foldsByPatient(set: ImageSet, options: FoldOptions): Fold[] {
  const { folds, val = 0.1, seed } = options;
  if (!Number.isInteger(folds) || folds < 2) {
    throw new DataError(
      `Cross-validation needs 2 folds or more, a whole number of them, got ${folds}.`,
    );
  }
  const rest = 1 - 1 / folds;
  if (!(val >= 0 && val < rest)) {
    throw new DataError(
      `Each of ${folds} folds tests 1/${folds} of the images, so the share that validates must be at least 0 and less than ${rest.toFixed(3)}, got ${val}.`,
    );
  }
  const shares = Object.fromEntries(
    Array.from({ length: folds }, (_, fold) => [`fold ${fold}`, 1 / folds]),
  );
  return Object.values(splitByPatient(set, { shares, seed })).map((test) => {
    const tested = new Set(test);
    const others = Array.from({ length: set.length }, (_, i) => i).filter((i) => !tested.has(i));
    const within = { train: 1 - val / rest, val: val / rest };
    const parts = splitByPatient(subset(set, others), { shares: within, seed });
    const numbers = (part: "train" | "val"): number[] =>
      (parts[part] ?? []).map((index) => others[index] as number);
    return { train: numbers("train"), val: numbers("val"), test };
  });
}
