import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { LabelledBox, Raster } from "@dira/augmentations";
import { DataError, type ImageSet, type Scan } from "../image.ts";
import { some } from "./files.ts";
import { shrink } from "./shrink.ts";
import type { Split } from "./split.ts";

/** Options that every data set has. */
export interface DataSetOptions {
  /** @defaultValue all images */
  readonly split?: Split | undefined;
  /** What to do about images of a table that are not there. @defaultValue "error" */
  readonly missing?: "error" | "skip" | undefined;
}

/** One image of a set. */
export interface SetItem {
  readonly id: string;
  readonly patient?: string;
  readonly labels?: readonly number[];
  boxes?(): readonly LabelledBox[];
  /** The file, or folder of slices, that it is read from. */
  readonly path: string;
  /** What else decides its pixels: place and shape of a cube, say. */
  readonly part?: string;
  read(side?: number): Promise<Scan>;
  mask?(): Promise<Raster<Uint8Array> | undefined>;
}

/** What {@link itemSet} makes a set of. */
export interface ItemSetOptions<Row> extends Pick<
  ImageSet,
  | "spatialRank"
  | "source"
  | "labelNames"
  | "maskNames"
  | "splits"
  | "warnings"
  | "layout"
  | "citation"
  | "terms"
> {
  readonly folder: string;
  readonly split?: Split | undefined;
  readonly rows: readonly Row[];
  /** Made when asked for: a set may have hundreds of thousands. */
  item(row: Row): SetItem;
}

/**
 * A set of items, with the functions that its items have.
 *
 * @throws DataError when there are none.
 */
export function itemSet<Row>(options: ItemSetOptions<Row>): ImageSet {
  const { folder, split, rows, item, ...rest } = options;
  const first = rows[0];
  if (first === undefined) {
    const part = split === undefined ? "" : ` for the ${split} split`;
    throw new DataError(`${folder} has no image${part} in the layout of ${rest.layout}.`);
  }
  const at = (index: number): SetItem => {
    const row = rows[index];
    if (row === undefined) {
      throw new DataError(`${folder} has ${rows.length} images; there is no number ${index}.`);
    }
    return item(row);
  };
  const has = item(first);
  return {
    name: split === undefined ? folder : `${folder} (${split})`,
    length: rows.length,
    ...rest,
    id: (index) => at(index).id,
    read: async (index, side) => {
      const scan = await at(index).read(side);
      // Not every format is shrunk by its reader.
      return side === undefined || scan.shape.length !== 2 ? scan : shrink(scan, side);
    },
    stamp: (index) => stampOf(at(index)),
    ...(has.patient === undefined ? {} : { patient: (index) => at(index).patient ?? "" }),
    ...(has.labels === undefined ? {} : { labels: (index) => at(index).labels ?? [] }),
    ...(has.boxes === undefined ? {} : { boxes: (index) => at(index).boxes?.() ?? [] }),
    ...(has.mask === undefined ? {} : { mask: async (index) => at(index).mask?.() }),
  };
}

/** Path, size and time of an item's file; undefined where it is not there. */
async function stampOf({ path, part = "" }: SetItem): Promise<string | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${resolve(path)} ${size} ${mtimeMs} ${part}`.trimEnd();
  } catch {
    return undefined; // reading it will say why
  }
}

/**
 * Those of a table's rows whose images are there.
 *
 * @throws DataError when some are not, unless they are to be skipped; then there is a warning.
 */
export function presentRows<Row>(
  table: string,
  rows: readonly Row[],
  nameOf: (row: Row) => string,
  isThere: (row: Row) => boolean,
  missing: "error" | "skip" = "error",
): { readonly rows: readonly Row[]; readonly warnings: readonly string[] } {
  const absent = rows.filter((row) => !isThere(row));
  if (absent.length === 0) return { rows, warnings: [] };
  const what = `${table} names ${absent.length} of ${rows.length} images that are not there (${some(absent.map(nameOf))})`;
  if (missing === "error") {
    throw new DataError(`${what}. Fetch them, or skip them with \`missing: "skip"\`.`);
  }
  return { rows: rows.filter(isThere), warnings: [`${what}; they are skipped.`] };
}
