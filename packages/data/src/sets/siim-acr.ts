import { existsSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { ImageSet } from "../image.ts";
import { readScan } from "../formats/read-scan.ts";
import { boxOf } from "../boxes.ts";
import { badCell, readTable } from "./csv.ts";
import { checkFolder, listFiles, needOneOf } from "./files.ts";
import { type DataSetOptions, itemSet, presentRows } from "./item-set.ts";
import { decodeRle } from "./rle.ts";
import { type SplitShares, splitOf } from "./split.ts";

/** Options of {@link siimAcr}. */
export interface SiimAcrOptions extends DataSetOptions {
  /** Shares of each split. @defaultValue 0.8, 0.1, 0.1 */
  readonly shares?: SplitShares;
}

/** All images and masks of the release are this large. */
const SHAPE = [1024, 1024] as const;
const IMAGES = "dicom-images-train";
const TABLES = ["train-rle.csv", "stage_2_train.csv"];

/** Whether a folder holds SIIM-ACR's own layout. */
export function isSiimAcr(folder: string): boolean {
  return TABLES.some((name) => existsSync(join(folder, name)));
}

/**
 * SIIM-ACR Pneumothorax Segmentation as released: `dicom-images-train/<study>/<series>/<image>.dcm`,
 * 1024 × 1024, and `train-rle.csv` (or `stage_2_train.csv`), whose header is `ImageId, EncodedPixels`
 * with a space, with one row for each region of an image, `-1` for none. Images without a row have no
 * known mask and are left out. The release names no patients: a study counts as one. It has no splits:
 * they are drawn by study.
 *
 * @throws DataError when table, columns or images are missing, or run lengths are damaged.
 * @see https://www.kaggle.com/c/siim-acr-pneumothorax-segmentation
 */
export function siimAcr(folder: string, options: SiimAcrOptions = {}): ImageSet {
  const { split, missing, shares = { train: 0.8, val: 0.1, test: 0.1 } } = options;
  checkFolder(folder);
  const table = needOneOf(folder, TABLES, "the masks' run lengths");
  const runs = readRuns(table);
  const images = needOneOf(folder, [IMAGES], "the images of the table");
  const paths = new Map(listFiles(images, /\.dcm$/i).map((path) => [basename(path, ".dcm"), path]));
  const pathOf = (id: string): string => paths.get(id) ?? "";
  const present = presentRows(
    table,
    [...runs.keys()].sort(),
    (id) => `${id}.dcm`,
    (id) => paths.has(id),
    missing,
  );
  const studyOf = (id: string): string => basename(dirname(dirname(pathOf(id))));
  const rows = present.rows.filter(
    (id) => split === undefined || splitOf("siim-acr", studyOf(id), shares) === split,
  );
  return itemSet({
    folder,
    split,
    source: { name: "siimAcr", args: [folder, options] },
    layout: "siim-acr",
    citation: "SIIM-ACR Pneumothorax Segmentation Challenge 2019, images of NIH ChestX-ray14",
    terms: "Kaggle competition rules: non-commercial and academic use",
    spatialRank: 2,
    labelNames: ["Pneumothorax"],
    maskNames: ["Pneumothorax"],
    splits: ["train", "val", "test"],
    warnings: present.warnings,
    rows,
    item: (id) => ({
      id: relative(folder, pathOf(id)),
      path: pathOf(id),
      patient: studyOf(id),
      labels: [Number((runs.get(id) ?? []).some((text) => text !== "-1"))],
      boxes() {
        const box = boxOf(maskOf(runs.get(id)), SHAPE);
        return box === undefined ? [] : [{ label: "Pneumothorax", box }];
      },
      mask: async () => ({ data: maskOf(runs.get(id)), shape: SHAPE }),
      read: (side) => readScan(pathOf(id), { window: "file", ...(side !== undefined && { side }) }),
    }),
  });
}

/** The mask of an image's rows together. */
function maskOf(rows: readonly string[] = []): Uint8Array {
  const mask = new Uint8Array(SHAPE[0] * SHAPE[1]);
  for (const text of rows) decodeRle(text, SHAPE, mask);
  return mask;
}

/** Run lengths of each image. */
function readRuns(path: string): Map<string, string[]> {
  const table = readTable(path, ["ImageId", "EncodedPixels"]);
  const runs = new Map<string, string[]>();
  table.rows.forEach((row, i) => {
    const [id = "", text = ""] = [row["ImageId"], row["EncodedPixels"]];
    if (id === "") throw badCell(table, i, "ImageId", "an image's name");
    if (!/^(-1|\d[\d\s]*)$/.test(text)) {
      throw badCell(table, i, "EncodedPixels", "run lengths, or -1 for none");
    }
    runs.set(id, [...(runs.get(id) ?? []), text]);
  });
  return runs;
}
