import { join } from "node:path";
import { foldsByPatient, type ImageSet, makeFolder, splitByPatient } from "@dira/data";
import { writeAtomically } from "@dira/training/node";
import { UsageError } from "../usage-error.ts";
import { openSet, type SetOptions } from "./open-set.ts";

/** Options of {@link split}. */
export interface SplitCommandOptions extends SetOptions {
  /** E.g. `train=0.7,val=0.1,test=0.2`, which is the default; not with `folds`. */
  readonly shares?: string;
  /** Folds of a cross-validation. */
  readonly folds?: number;
  /** Whether each image is another patient's, where the layout does not say. */
  readonly perImage?: boolean;
  readonly seed: number;
  readonly out: string;
}

/**
 * Divides a folder by patient and writes one list file a split: `train_list.txt` and so on; of folds, in a folder
 * `fold0`, `fold1` … each.
 */
export function split(folder: string, options: SplitCommandOptions): void {
  const { shares, folds, perImage = false, seed, out } = options;
  const opened = openSet(folder, options);
  if (perImage && opened.patient !== undefined) {
    throw new UsageError(`${opened.name} says which image is whose; leave --per-image out.`);
  }
  const set = perImage ? { ...opened, patient: opened.id } : opened;
  if (folds === undefined) {
    const given = shares === undefined ? {} : { shares: sharesOf(shares) };
    writeLists(set, out, splitByPatient(set, { ...given, seed }));
    return;
  }
  if (shares !== undefined) {
    throw new UsageError(
      `--folds ${folds} tests 1/${folds} of the images in each fold and validates on a tenth; leave --shares out.`,
    );
  }
  foldsByPatient(set, { folds, seed }).forEach((fold, number) => {
    writeLists(set, join(out, `fold${number}`), fold);
  });
}

function writeLists(
  set: ImageSet,
  out: string,
  splits: Readonly<Record<string, readonly number[]>>,
): void {
  makeFolder(out);
  for (const [name, indices] of Object.entries(splits)) {
    const file = join(out, `${name}_list.txt`);
    writeAtomically(file, indices.map((index) => `${set.id(index)}\n`).join(""));
    console.log(`${file}: ${summaryOf(set, indices)}`);
  }
}

function summaryOf(set: ImageSet, indices: readonly number[]): string {
  const patients = new Set(indices.map((index) => set.patient?.(index))).size;
  const labels = (set.labelNames ?? []).map((name, label) => {
    const positive = indices.filter((index) => set.labels?.(index)[label] === 1).length;
    return `${name} ${positive}`;
  });
  const said = `${indices.length} images of ${patients} patients`;
  return labels.length === 0 ? said : `${said} (${labels.join(", ")})`;
}

function sharesOf(text: string): Record<string, number> {
  const pairs = text.split(",").map((part): [string, number] => {
    const [name = "", share = ""] = part.split("=");
    if (/^[\w-]+$/.test(name.trim()) && share.trim() !== "" && Number.isFinite(Number(share))) {
      return [name.trim(), Number(share)];
    }
    throw new UsageError(
      `--shares: expected name=share, the name of letters, digits, _ and -, got \`${part}\`.`,
    );
  });
  return Object.fromEntries(pairs);
}
