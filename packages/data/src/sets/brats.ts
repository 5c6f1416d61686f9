import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Raster } from "@dira/augmentations";
import { DataError, type ImageSet } from "../image.ts";
import { readScan } from "../formats/read-scan.ts";
import { listFiles } from "./files.ts";
import { type DataSetOptions, itemSet, presentRows } from "./item-set.ts";
import { type SplitShares, splitOf } from "./split.ts";
import { readMask } from "./volume-mask.ts";

/** Options of {@link brats}. */
export interface BratsOptions extends DataSetOptions {
  /** Which of the four images. @defaultValue "flair", DiRA's task */
  readonly modality?: "flair" | "t1" | "t1ce" | "t2";
  /** The regions apart, as released, or all of the tumour as 1. @defaultValue "regions" */
  readonly target?: "regions" | "whole";
  /** Shares of each split. @defaultValue 7/12, 1/12, 1/3: two thirds, of which an eighth validates */
  readonly shares?: SplitShares;
}

const SEGMENTATION = /_seg\.nii(\.gz)?$/i;
const REGIONS = ["necrotic core", "oedema", "(unused)", "enhancing tumour"];

/** Whether a folder holds BraTS's own layout. */
export function isBrats(folder: string): boolean {
  if (!existsSync(folder)) return false;
  return listFiles(folder, /_flair\.nii(\.gz)?$/i).some(
    (path) => segmentationOf(path) !== undefined,
  );
}

/**
 * BraTS 2017–2020 as released: folders of cases (below `HGG/` and `LGG/`, or plain), each with
 * `<case>_flair`, `_t1`, `_t1ce`, `_t2` and `_seg`, `.nii.gz` or `.nii`. Masks have 0, 1 (necrotic
 * core), 2 (oedema) and 4 (enhancing tumour); there is no 3. Values are the scanner's, 0 outside the
 * brain. Its training cases have no splits: they are drawn by patient, in shares like those of the three
 * folds that DiRA's group uses.
 *
 * @throws DataError when images or segmentations are missing.
 * @see Bakas et al. 2018, https://arxiv.org/abs/1811.02629
 */
export function brats(folder: string, options: BratsOptions = {}): ImageSet {
  const { split, missing, modality = "flair", target = "regions" } = options;
  const { shares = { train: 7 / 12, val: 1 / 12, test: 1 / 3 } } = options;
  const images = listFiles(folder, new RegExp(`_${modality}\\.nii(\\.gz)?$`, "i"));
  if (images.length === 0) {
    throw new DataError(`${folder} has no <case>_${modality}.nii.gz, here or below.`);
  }
  const { rows, warnings } = presentRows(
    `${folder}: the ${modality} images`,
    images,
    (path) => `${caseOf(path)}_seg`,
    (path) => segmentationOf(path) !== undefined,
    missing,
  );
  return itemSet({
    folder,
    split,
    source: { name: "brats", args: [folder, options] },
    layout: "brats",
    citation:
      "Menze et al. 2015 and Bakas et al. 2018, BraTS, https://www.med.upenn.edu/cbica/brats",
    terms: "free for research after registration; cite Menze 2015, Bakas 2017 and 2018",
    spatialRank: 3,
    maskNames: target === "whole" ? ["tumour"] : REGIONS,
    splits: ["train", "val", "test"],
    warnings,
    rows: rows.filter(
      (path) => split === undefined || splitOf("brats", patientOf(path), shares) === split,
    ),
    item: (path) => ({
      id: basename(path),
      path,
      patient: patientOf(path),
      read: () => readScan(path),
      mask: () => tumourMask(segmentationOf(path) ?? path, target),
    }),
  });
}

const caseOf = (path: string): string => basename(path).replace(/_[^_]+\.nii(\.gz)?$/i, "");

/** The last number of a case of 2017 and 2018 says which of the patient's scans it is. */
const patientOf = (path: string): string => caseOf(path).replace(/^(Brats1[78]_.+)_\d+$/i, "$1");

function segmentationOf(path: string): string | undefined {
  return [".nii.gz", ".nii"]
    .map((end) => join(dirname(path), `${caseOf(path)}_seg${end}`))
    .find((found) => SEGMENTATION.test(found) && existsSync(found));
}

async function tumourMask(path: string, target: "regions" | "whole"): Promise<Raster<Uint8Array>> {
  const mask = await readMask(path, [0, 1, 2, 4]);
  return target === "regions" ? mask : { ...mask, data: mask.data.map((v) => Math.min(1, v)) };
}
