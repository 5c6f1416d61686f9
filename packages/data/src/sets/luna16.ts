import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { DataError, type ImageSet, type Scan } from "../image.ts";
import { worldToIndex } from "../formats/geometry.ts";
import { readScan } from "../formats/read-scan.ts";
import { badCell, binaryIn, numberIn, readTable } from "./csv.ts";
import { checkFolder, firstOf, listFiles, needOneOf } from "./files.ts";
import { type DataSetOptions, itemSet, presentRows, type SetItem } from "./item-set.ts";
import { remember } from "./remember.ts";
import type { Split } from "./split.ts";
import { cropCube, type CubeOptions, markBall } from "./volume-geometry.ts";

/** Options of {@link luna16}. */
export interface Luna16Options extends DataSetOptions {
  /** Cubes about candidates with their class, or whole CTs. @defaultValue "candidates" */
  readonly items?: "candidates" | "volumes";
  /** Subsets to take, instead of a split's. */
  readonly subsets?: readonly number[];
  readonly cube?: CubeOptions;
}

/** Models Genesis's and DiRA's folds. */
const FOLDS: Readonly<Record<Split, readonly number[]>> = {
  train: [0, 1, 2, 3, 4],
  val: [5, 6],
  test: [7, 8, 9],
};
const CANDIDATES = ["candidates_V2.csv", "candidates.csv"];

/** A row of a table: a place in a series. */
interface Place {
  readonly series: string;
  readonly world: readonly [number, number, number];
  /** Class of a candidate, or diameter of a nodule in mm. */
  readonly value: number;
}

/** Reads a series, and knows its file. */
type Reader = ((series: string) => Promise<Scan>) & { path(series: string): string };

/** Whether a folder holds LUNA16's own layout. */
export function isLuna16(folder: string): boolean {
  return firstOf(folder, subsetNames()) !== undefined;
}

const subsetNames = (): string[] => Array.from({ length: 10 }, (_, i) => `subset${i}`);

/**
 * LUNA16 as released: `subset0/` … `subset9/` with `<series>.mhd` and `.raw`, `candidates_V2.csv` or
 * `candidates.csv` (`seriesuid,coordX,coordY,coordZ,class`) and `annotations.csv` (nodules, with
 * `diameter_mm`); places are in mm of the patient. Subsets 0–4 are the training split, 5 and 6
 * validation, 7–9 test. Those that are not there are no error, for one may fetch only some; a split
 * without any of its subsets is.
 *
 * Candidates: cubes with label 1 for a nodule (the false-positive task). Volumes: whole CTs in HU, with
 * masks of balls of the annotated diameters.
 *
 * @throws DataError when subsets, tables or images are missing.
 * @see Setio et al. 2017, https://arxiv.org/abs/1612.08012; the folds: Models Genesis
 */
export function luna16(folder: string, options: Luna16Options = {}): ImageSet {
  const { split, items = "candidates", missing } = options;
  checkFolder(folder);
  const wanted = options.subsets ?? (split === undefined ? range(10) : FOLDS[split]);
  const subsets = wanted.filter((n) => existsSync(join(folder, `subset${n}`)));
  if (subsets.length === 0) {
    throw new DataError(`${folder} has none of ${wanted.map((n) => `subset${n}`).join(", ")}.`);
  }
  const files = filesOf(folder, subsets);
  const common = {
    folder,
    split,
    source: { name: "luna16", args: [folder, options] },
    layout: "luna16",
    citation: "Setio et al. 2017, LUNA16, from LIDC-IDRI, https://luna16.grand-challenge.org",
    terms: "CC BY 4.0 (annotations), CC BY 3.0 (LIDC-IDRI)",
    spatialRank: 3,
    splits: ["train", "val", "test"],
  } as const;
  const pathOf = (series: string): string => files.get(series) ?? series;
  const read: Reader = Object.assign(
    remember((series) => readScan(pathOf(series))),
    { path: pathOf },
  );
  if (items === "volumes") {
    const nodules = nodulesOf(folder);
    const rows = [...files.keys()].sort();
    const item = (series: string): SetItem => volumeItem(series, nodules, read);
    return itemSet({ ...common, rows, item, maskNames: ["nodule"] });
  }
  const table = needOneOf(folder, CANDIDATES, "the candidates");
  const all = placesOf(table, "class");
  const whole = options.subsets === undefined && split === undefined && subsets.length === 10;
  // What belongs to other subsets is not missing.
  const present = presentRows(
    table,
    all,
    ({ series }) => `${series}.mhd`,
    ({ series }) => files.has(series),
    whole ? missing : "skip",
  );
  return itemSet({
    ...common,
    rows: present.rows,
    warnings: whole ? present.warnings : [],
    labelNames: ["Nodule"],
    item: (place) => candidateItem(place, options.cube ?? {}, read),
  });
}

/** Paths by series. */
function filesOf(folder: string, subsets: readonly number[]): Map<string, string> {
  const paths = subsets.flatMap((n) => listFiles(join(folder, `subset${n}`), /\.mhd$/i));
  return new Map(paths.map((path) => [basename(path, ".mhd"), path]));
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function candidateItem({ series, world, value }: Place, cube: CubeOptions, read: Reader): SetItem {
  return {
    id: `${series} at ${world.join(", ")}`,
    path: read.path(series),
    part: `${world.join(" ")} ${JSON.stringify(cube)}`,
    patient: series,
    labels: [value],
    read: async () => {
      const scan = await read(series);
      return cropCube(scan, worldToIndex(scan, world), cube);
    },
  };
}

function volumeItem(
  series: string,
  nodules: ReadonlyMap<string, readonly Place[]> | undefined,
  read: Reader,
): SetItem {
  return {
    id: series,
    path: read.path(series),
    patient: series,
    read: () => read(series),
    ...(nodules !== undefined && {
      mask: async () => {
        const scan = await read(series);
        const { shape, spacing = [1, 1, 1] } = scan;
        const data = new Uint8Array(scan.data.length);
        for (const { world, value } of nodules.get(series) ?? []) {
          markBall({ data, shape, spacing }, worldToIndex(scan, world), value / 2);
        }
        const { origin, direction } = scan;
        return { data, shape, spacing, ...(origin && { origin }), ...(direction && { direction }) };
      },
    }),
  };
}

function nodulesOf(folder: string): Map<string, Place[]> | undefined {
  const table = firstOf(folder, ["annotations.csv"]);
  if (table === undefined) return undefined;
  const nodules = new Map<string, Place[]>();
  for (const place of placesOf(table, "diameter_mm")) {
    nodules.set(place.series, [...(nodules.get(place.series) ?? []), place]);
  }
  return nodules;
}

function placesOf(path: string, column: "class" | "diameter_mm"): Place[] {
  const table = readTable(path, ["seriesuid", "coordX", "coordY", "coordZ", column]);
  return table.rows.map((row, i) => {
    const series = row["seriesuid"] ?? "";
    if (series === "") throw badCell(table, i, "seriesuid", "a series");
    const at = (name: string): number => numberIn(table, i, name);
    const value = column === "class" ? binaryIn(table, i, column) : at(column);
    if (value < 0) throw badCell(table, i, column, "a diameter above 0");
    return { series, world: [at("coordX"), at("coordY"), at("coordZ")], value };
  });
}
