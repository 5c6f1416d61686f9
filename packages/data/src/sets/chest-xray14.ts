import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { createRandom } from "@dira/random";
import { annotations, ENTRIES } from "./chest-xray14-tables.ts";
import { boxesOnCopy } from "./copied-boxes.ts";
import { readScan } from "../formats/read-scan.ts";
import { DataError, type ImageSet } from "../image.ts";
import { listFiles, some } from "./files.ts";
import { type DataSetOptions, itemSet, presentRows } from "./item-set.ts";
import { IMAGES } from "./scan-folder.ts";
import type { Split } from "./split.ts";

/** Options of {@link chestXray14}. */
export interface ChestXray14Options extends DataSetOptions {
  /** A list file of one's own, instead of the split's. */
  readonly list?: string;
  /** A folder of lists, as `dira data split` writes them, instead of the release's own. */
  readonly lists?: string;
}

/** Height and width of the released images. */
const RELEASED = [1024, 1024] as const;

const LISTS = ["train_list.txt", "val_list.txt", "test_list.txt", "train_val_list.txt"];

/** Whether a folder holds ChestX-ray14's own layout. */
export function isChestXray14(folder: string): boolean {
  return [ENTRIES, ...LISTS].some((name) => existsSync(join(folder, name)));
}

/**
 * NIH ChestX-ray14 as released: `images/`, or `images_001/images/` … `images_012/images/`; lists
 * `train_list.txt`, `val_list.txt`, `test_list.txt` (of a line the first word counts; labels may
 * follow), or the release's `train_val_list.txt`, of which an eighth of the patients is then kept for
 * validation; `Data_Entry_2017_v2020.csv` with patients and labels; `BBox_List_2017.csv` with boxes, whose
 * pixels are those of the released 1024 × 1024 images: of smaller copies they are brought to the copy's. Images
 * that the table lacks have unknown labels, which a warning says.
 *
 * @throws DataError when the list is missing, empty, or names files that are not there, and when a table
 *   lacks a column or has a finding that is not the release's.
 * @see Wang et al. 2017, https://arxiv.org/abs/1705.02315
 */
export function chestXray14(folder: string, options: ChestXray14Options = {}): ImageSet {
  const { split, list, lists = folder, missing } = options;
  const byName = filesByName(folder);
  const listed =
    list === undefined && split === undefined
      ? { source: folder, names: [...byName.keys()].sort() }
      : listedNames(lists, split, list);
  const { source, names } = listed;
  const { rows, warnings } = presentRows(
    source,
    names,
    (name) => name,
    (name) => byName.has(name),
    missing,
  );
  const { labelNames, ...known } = annotations(folder);
  const unlisted = rows.filter((name) => known.isListed?.(name) === false);
  const unknown =
    unlisted.length === 0
      ? []
      : [
          `${ENTRIES} lacks ${unlisted.length} of ${rows.length} images (${some(unlisted)}); their labels are unknown.`,
        ];
  return itemSet({
    folder,
    split,
    source: { name: "chestXray14", args: [folder, options] },
    layout: "chest-xray14",
    citation: "Wang et al. 2017, NIH ChestX-ray14, https://nihcc.app.box.com/v/ChestXray-NIHCC",
    terms: "NIH Clinical Center: free use with attribution",
    spatialRank: 2,
    ...(labelNames && { labelNames }),
    splits: splitsOf(lists),
    warnings: [...warnings, ...unknown],
    rows,
    item: (name) => {
      const path = byName.get(name) as string;
      return {
        id: relative(folder, path),
        path,
        patient: known.patient(name),
        ...(known.labels && { labels: known.labels(name) }),
        ...(known.boxes && {
          boxes: () => boxesOnCopy(known.boxes?.(name) ?? [], RELEASED, path),
        }),
        read: (side) => readScan(path, side === undefined ? {} : { side }),
      };
    },
  });
}

/** The files of the release by name; copies elsewhere in the folder count only without it. */
function filesByName(folder: string): Map<string, string> {
  const paths = listFiles(folder, IMAGES);
  const released = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^images(_\d+)?$/.test(entry.name))
    .map((entry) => join(folder, entry.name) + "/");
  const inside = paths.filter((path) =>
    released.some((prefix) => path.replaceAll("\\", "/").startsWith(prefix.replaceAll("\\", "/"))),
  );
  return new Map((inside.length > 0 ? inside : paths).map((path) => [basename(path), path]));
}

function splitsOf(folder: string): Split[] {
  const has = (name: string): boolean => existsSync(join(folder, name));
  const both = has("train_val_list.txt");
  return (["train", "val", "test"] as const).filter(
    (split) => has(`${split}_list.txt`) || (both && split !== "test"),
  );
}

function listedNames(
  folder: string,
  split: Split | undefined,
  list: string | undefined,
): { source: string; names: string[] } {
  const own = list ?? join(folder, `${split}_list.txt`);
  if (existsSync(own)) return { source: own, names: namesIn(own) };
  const both = join(folder, "train_val_list.txt");
  if (list !== undefined || split === "test" || !existsSync(both)) {
    throw new DataError(
      list === undefined
        ? `${folder} has no ${split}_list.txt, which names the images of the ${split} split.`
        : `The list file ${list} does not exist.`,
    );
  }
  const kept = (name: string): boolean =>
    createRandom("chest-xray14", name.split("_")[0] ?? name).bernoulli(1 / 8);
  return { source: both, names: namesIn(both).filter((name) => kept(name) === (split === "val")) };
}

function namesIn(list: string): string[] {
  return readFileSync(list, "utf8")
    .split(/\r?\n/)
    .map((line) => line.trim().split(/[\s,]+/)[0] ?? "")
    .filter((name) => name !== "")
    .map((name) => basename(name));
}
