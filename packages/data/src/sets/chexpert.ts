import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createRandom } from "@dira/random";
import { type ImageSet } from "../image.ts";
import { readScan } from "../formats/read-scan.ts";
import {
  CHEXPERT_COMPETITION_LABELS,
  CHEXPERT_LABELS,
  resolveUncertain,
  type UncertaintyPolicy,
} from "./chexpert-labels.ts";
import { badCell, readTable, type Row } from "./csv.ts";
import { firstOf, needOneOf } from "./files.ts";
import { type DataSetOptions, itemSet, presentRows } from "./item-set.ts";
import { type Split, splitOf } from "./split.ts";

/** Options of {@link chexpert}. */
export interface ChexpertOptions extends DataSetOptions {
  /** What −1 becomes. @defaultValue "smoothed-ones", as DiRA's group fine-tunes */
  readonly uncertain?: UncertaintyPolicy;
  /** What an unmentioned observation (blank in the table) becomes. @defaultValue "zero" */
  readonly unmentioned?: "zero" | "unknown";
  /** Leaves lateral views out. @defaultValue false */
  readonly frontalOnly?: boolean;
  /** All fourteen observations, or the competition's five. @defaultValue "all" */
  readonly labels?: "all" | "competition";
  /**
   * Which table tests: `test.csv`; or `valid.csv`, as in the time before that was released: an eighth of the training
   * patients then validates. @defaultValue "test"
   */
  readonly testOn?: "test" | "valid";
  /** Of smoothed labels. @defaultValue 0 */
  readonly seed?: number;
}

const TABLES: Readonly<Record<Split, string>> = {
  train: "train.csv",
  val: "valid.csv",
  test: "test.csv",
};
/** With `testOn` valid. */
const OLDER_TABLES: typeof TABLES = { train: "train.csv", val: "train.csv", test: "valid.csv" };
const HELD_OUT = { train: 7 / 8, val: 1 / 8, test: 0 };
const NEEDED: Readonly<Record<Split, string>> = {
  train: "paths and labels of the train split",
  val: "paths and labels of the val split",
  test: 'paths and labels of the test split (without it, `testOn: "valid"` tests on valid.csv and validates on an eighth of the training patients)',
};
const INNER = ["CheXpert-v1.0-small", "CheXpert-v1.0"];

const tablesIn = (folder: string): Split[] =>
  (["train", "val", "test"] as const).filter((split) => existsSync(join(folder, TABLES[split])));

/** Whether a folder, or `CheXpert-v1.0[-small]` in it, holds CheXpert's own layout. */
export function isChexpert(folder: string): boolean {
  const inside = firstOf(folder, INNER) ?? folder;
  const path = join(inside, TABLES.val);
  const table = existsSync(path) ? path : join(inside, TABLES.train);
  return existsSync(table) && readFileSync(table, "utf8").slice(0, 300).includes("Frontal/Lateral");
}

/**
 * CheXpert as released: `train.csv` and `valid.csv` (radiologists' labels), with `test.csv` where one has
 * it, in `CheXpert-v1.0/` or `CheXpert-v1.0-small/`; the tables' paths
 * `CheXpert-v1.0-small/train/patient00001/study1/view1_frontal.jpg` start at the folder above. The
 * tables are the splits; without one, all of them.
 *
 * @throws DataError when tables or images are missing, and when a table lacks a column or has values that
 *   are none of CheXpert's.
 * @see Irvin et al. 2019, https://arxiv.org/abs/1901.07031
 */
export function chexpert(folder: string, options: ChexpertOptions = {}): ImageSet {
  const { split, frontalOnly = false, missing, seed = 0, testOn = "test" } = options;
  const { uncertain = "smoothed-ones", unmentioned = "zero" } = options;
  const root = firstOf(folder, INNER) ?? folder;
  if (split === undefined) needOneOf(root, [TABLES.train, TABLES.val], "paths and labels");
  const released = tablesIn(root);
  const byTable = testOn === "valid" && split !== undefined ? OLDER_TABLES : TABLES;
  const tables = (split === undefined ? released : [split]).map((name) =>
    needOneOf(root, [byTable[name]], NEEDED[name]),
  );
  const isOfSplit = ({ patient }: Entry): boolean =>
    testOn === "test" ||
    split === undefined ||
    split === "test" ||
    splitOf("chexpert", patient, HELD_OUT) === split;
  const names = options.labels === "competition" ? CHEXPERT_COMPETITION_LABELS : CHEXPERT_LABELS;
  const listed = tables
    .flatMap((table) => entriesOf(table, names, frontalOnly))
    .filter(({ row }) => !frontalOnly || row["Frontal/Lateral"] !== "Lateral")
    .filter(isOfSplit);
  const pathOf = ({ row }: Entry): string => join(root, ...(row["Path"] ?? "").split("/").slice(1));
  const { rows, warnings } = presentRows(
    tables.map((table) => basename(table)).join(", "),
    listed,
    ({ row }) => row["Path"] ?? "",
    (entry) => existsSync(pathOf(entry)),
    missing,
  );
  return itemSet({
    folder,
    split,
    source: { name: "chexpert", args: [folder, options] },
    layout: "chexpert",
    citation:
      "Irvin et al. 2019, CheXpert, https://stanfordmlgroup.github.io/competitions/chexpert",
    terms: "Stanford University Dataset Research Use Agreement: research only, not to be passed on",
    spatialRank: 2,
    labelNames: names,
    splits: testOn === "valid" ? ["train", "val", "test"] : released,
    warnings,
    rows,
    item: ({ row, patient }) => ({
      id: row["Path"] ?? "",
      path: pathOf({ row, patient }),
      patient,
      labels: names.map((label) => {
        const text = row[label] ?? "";
        if (text === "") return unmentioned === "zero" ? 0 : NaN;
        return resolveUncertain(Number(text), uncertain, () =>
          createRandom(seed, "chexpert", row["Path"] ?? "", label),
        );
      }),
      read: (side) => readScan(pathOf({ row, patient }), side === undefined ? {} : { side }),
    }),
  });
}

/** A row, checked. */
interface Entry {
  readonly row: Row;
  readonly patient: string;
}

function entriesOf(path: string, labels: readonly string[], frontalOnly: boolean): Entry[] {
  const columns = ["Path", ...(frontalOnly ? ["Frontal/Lateral"] : []), ...labels];
  const table = readTable(
    path,
    columns,
    "Is it CheXpert's table? One with the competition's five needs `labels: \"competition\"`.",
  );
  return table.rows.map((row, i) => {
    const patient = /patient\d+/.exec(row["Path"] ?? "")?.[0];
    if (patient === undefined) throw badCell(table, i, "Path", "a path with patient00001 or so");
    const wrong = labels.find((label) => !VALUES.has(row[label] ?? ""));
    if (wrong !== undefined) throw badCell(table, i, wrong, "1, 0, -1 or nothing");
    return { row, patient };
  });
}

/** Mentioned as there, as not there, as uncertain; not mentioned. */
const VALUES: ReadonlySet<string> = new Set(["1", "1.0", "0", "0.0", "-1", "-1.0", ""]);
