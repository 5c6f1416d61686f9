import { createRandom } from "@dira/random";

/** A part of a data set. */
export type Split = "train" | "val" | "test";

/** Shares of patients in each split; they add up to 1. */
export interface SplitShares {
  readonly train: number;
  readonly val: number;
  readonly test: number;
}

/** Where a data set has no splits of its own: seven tenths, one tenth, two tenths of the patients. */
const USUAL_SHARES: SplitShares = { train: 0.7, val: 0.1, test: 0.2 };

/**
 * The split of a patient: keyed by the data set's name and the patient's, so that it depends on nothing
 * else, and no patient is in two.
 */
export function splitOf(
  dataSet: string,
  patient: string,
  shares: SplitShares = USUAL_SHARES,
): Split {
  const u = createRandom("split", dataSet, patient).uniform();
  return u < shares.train ? "train" : u < shares.train + shares.val ? "val" : "test";
}
