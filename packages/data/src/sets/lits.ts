import { basename, dirname, join } from "node:path";
import { existsSync } from "node:fs";
import type { Raster } from "@dira/augmentations";
import { DataError, type ImageSet } from "../image.ts";
import { readScan } from "../formats/read-scan.ts";
import { listFiles } from "./files.ts";
import { type DataSetOptions, itemSet, presentRows } from "./item-set.ts";
import type { Split } from "./split.ts";
import { readMask } from "./volume-mask.ts";

/** Options of {@link lits}. */
export interface LitsOptions extends DataSetOptions {
  /** Liver and lesion apart, or the whole liver as 1, lesions included. @defaultValue "both" */
  readonly target?: "both" | "liver";
}

const NAME = /^volume-(\d+)\.nii(\.gz)?$/i;

/** Whether a folder holds LiTS's own layout. */
export function isLits(folder: string): boolean {
  return existsSync(folder) && listFiles(folder, NAME).length > 0;
}

/**
 * LiTS as released: `volume-0.nii` … `volume-130.nii` and `segmentation-0.nii` …, in the folder or below
 * (`Training Batch 1/`, `Training Batch 2/`); 1 is liver, 2 lesion. Volumes in HU. As DiRA's group splits
 * 130 of them: 0–99 for training, 100–114 for validation, 115 and up for testing.
 *
 * @throws DataError when volumes or segmentations are missing.
 * @see Bilic et al. 2023, https://arxiv.org/abs/1901.04056
 */
export function lits(folder: string, options: LitsOptions = {}): ImageSet {
  const { split, missing, target = "both" } = options;
  const volumes = listFiles(folder, NAME).sort((a, b) => numberOf(a) - numberOf(b));
  if (volumes.length === 0) {
    throw new DataError(`${folder} has no volume-0.nii and so on, here or below.`);
  }
  const chosen = volumes.filter((path) => split === undefined || splitAt(numberOf(path)) === split);
  const { rows, warnings } = presentRows(
    `${folder}: the volumes`,
    chosen,
    (path) => basename(path).replace("volume", "segmentation"),
    (path) => segmentationOf(path) !== undefined,
    missing,
  );
  return itemSet({
    folder,
    split,
    source: { name: "lits", args: [folder, options] },
    layout: "lits",
    citation: "Bilic et al. 2023, LiTS, https://competitions.codalab.org/competitions/17094",
    terms: "the challenge's terms, https://www.lits-challenge.com",
    spatialRank: 3,
    maskNames: target === "both" ? ["liver", "lesion"] : ["liver"],
    splits: ["train", "val", "test"],
    warnings,
    rows,
    item: (path) => ({
      id: basename(path),
      path,
      patient: String(numberOf(path)),
      read: () => readScan(path),
      mask: () => liverMask(segmentationOf(path) ?? path, target),
    }),
  });
}

const numberOf = (path: string): number => Number(NAME.exec(basename(path))?.[1]);

const splitAt = (number: number): Split => (number < 100 ? "train" : number < 115 ? "val" : "test");

function segmentationOf(path: string): string | undefined {
  const stem = `segmentation-${numberOf(path)}.nii`;
  return [stem, `${stem}.gz`]
    .map((name) => join(dirname(path), name))
    .find((found) => existsSync(found));
}

async function liverMask(path: string, target: "both" | "liver"): Promise<Raster<Uint8Array>> {
  const mask = await readMask(path, [0, 1, 2]);
  return target === "both" ? mask : { ...mask, data: mask.data.map((v) => Math.min(1, v)) };
}
