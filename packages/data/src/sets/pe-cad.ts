import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DataError, type ImageSet } from "../image.ts";
import { badCell, binaryIn, readTable, type Row } from "./csv.ts";
import { needOneOf } from "./files.ts";
import { type DataSetOptions, itemSet, presentRows } from "./item-set.ts";
import { npyHeader } from "./npy-file.ts";
import { type NpyCubesOptions, readCube } from "./npy-cubes.ts";
import { type Split, splitOf } from "./split.ts";

/** Options of {@link peCad}. */
export interface PeCadOptions extends DataSetOptions, Pick<NpyCubesOptions, "axes" | "spacing"> {
  /** Which of the three folds is the test split. @defaultValue 3 */
  readonly testFold?: 1 | 2 | 3;
}

const TABLE = "labels.csv";

/** Whether a folder holds the layout of {@link peCad}. */
export function isPeCad(folder: string): boolean {
  const table = join(folder, TABLE);
  return existsSync(table) && /(^|,)label(,|\r?\n)/.test(readFileSync(table, "utf8").slice(0, 300));
}

/**
 * Cubes about candidates with a label each, as for PE-CAD, which is private: its layout is not known, so
 * this one is assumed. `labels.csv` has the columns `file` (a `.npy` below the folder), `label` (0 or 1),
 * `patient`, and optionally `item` (which cube of an array `[N, …]`, from 0; a file of three axes is one
 * cube) and `fold` (1, 2 or 3). One fold is the test split; of the patients in the others an eighth
 * validates. Without folds they are drawn by patient.
 *
 * @throws DataError when columns or files are missing.
 * @see Tajbakhsh et al. 2015, https://doi.org/10.1007/978-3-319-24571-3_8
 */
export function peCad(folder: string, options: PeCadOptions = {}): ImageSet {
  const { split, missing, axes, spacing, testFold = 3 } = options;
  const table = needOneOf(folder, [TABLE], "the candidates' files and labels");
  const all = candidatesOf(table);
  const pathOf = (row: Row): string => join(folder, row["file"] ?? "");
  const { rows, warnings } = presentRows(
    table,
    all,
    (row) => row["file"] ?? "",
    (row) => existsSync(pathOf(row)),
    missing,
  );
  return itemSet({
    folder,
    split,
    source: { name: "peCad", args: [folder, options] },
    layout: "pe-cad",
    citation: "candidate cubes in the style of PE-CAD, Tajbakhsh et al. 2015",
    spatialRank: 3,
    labelNames: ["Embolus"],
    splits: ["train", "val", "test"],
    warnings,
    rows: rows.filter((row) => split === undefined || splitAt(row, testFold) === split),
    item: (row) => ({
      id: row["item"] === undefined ? (row["file"] ?? "") : `${row["file"]}[${row["item"]}]`,
      path: pathOf(row),
      part: [row["item"], axes].join(" ").trim(),
      patient: row["patient"] ?? "",
      labels: [Number(row["label"])],
      read: () => readCube(pathOf(row), itemOf(row, pathOf(row)), axes, spacing),
    }),
  });
}

/** The table's rows, checked. */
function candidatesOf(path: string): readonly Row[] {
  const table = readTable(path, ["file", "label", "patient"]);
  table.rows.forEach((row, i) => {
    binaryIn(table, i, "label");
    for (const column of ["file", "patient"]) {
      if (row[column] === "") throw badCell(table, i, column, "a name");
    }
    if (!/^\d*$/.test(row["item"] ?? "")) throw badCell(table, i, "item", "a whole number");
    if (!/^[123]?$/.test(row["fold"] ?? "")) throw badCell(table, i, "fold", "1, 2, 3 or nothing");
  });
  return table.rows;
}

/** Which cube of its file; undefined for a file that is one. */
function itemOf(row: Row, path: string): number | undefined {
  const { shape } = npyHeader(path);
  const text = row["item"] ?? "";
  if (shape.length === 3 && text === "") return undefined;
  if (shape.length === 4 && text !== "") return Number(text);
  throw new DataError(
    `${path} is [${shape.join(", ")}], and its item is "${text}": expected three axes and none, or four and its number.`,
  );
}

function splitAt(row: Row, testFold: number): Split {
  const patient = row["patient"] ?? "";
  const fold = row["fold"] ?? "";
  if (fold === "") return splitOf("pe-cad", patient, { train: 7 / 12, val: 1 / 12, test: 1 / 3 });
  if (Number(fold) === testFold) return "test";
  return splitOf("pe-cad", patient, { train: 7 / 8, val: 1 / 8, test: 0 });
}
