import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DataError, type ImageSet, type Scan } from "../image.ts";
import { permuted } from "../formats/geometry.ts";
import { readNpy } from "../formats/npy.ts";
import { listFiles } from "./files.ts";
import { type DataSetOptions, itemSet } from "./item-set.ts";
import { npyHeader, npyNumbers } from "./npy-file.ts";
import type { Split } from "./split.ts";

/** Options of {@link npyCubes}. */
export interface NpyCubesOptions extends DataSetOptions {
  /**
   * What the axes of an item are, in the order of the file: TransVW's and Models Genesis's cubes of
   * 64 × 64 × 32 have their slices last.
   *
   * @defaultValue "yxz" where the last axis is the shortest, else "zyx"
   */
  readonly axes?: "zyx" | "yxz" | "xyz";
  /** mm per voxel, `[z, y, x]`, where known. */
  readonly spacing?: readonly number[];
  /** How many classes the labels have. @defaultValue one more than the largest of this set */
  readonly classes?: number;
}

/** Where each axis of `[z, y, x]` is in the file's. */
const ORDERS: Readonly<Record<NonNullable<NpyCubesOptions["axes"]>, readonly number[]>> = {
  zyx: [0, 1, 2],
  yxz: [2, 0, 1],
  xyz: [2, 1, 0],
};

const DATA = /^(?!.*label).*\.npy$/i;
const IN_SPLIT = /^(train|val|valid|validation|test)[_-]/i;

/** Whether a folder holds arrays of cubes. */
export function isNpyCubes(folder: string): boolean {
  return (
    existsSync(folder) && listFiles(folder, DATA).some((path) => npyHeader(path).shape.length === 4)
  );
}

/**
 * Arrays of cubes, `[N, 64, 64, 32]` say, in any `.npy` files of a folder, read one cube at a time. Files
 * whose names start with `train_`, `val_` or `test_` make the splits. Labels are those of the file named
 * with `label` for `data`, as TransVW's `train_data1_vwGen_ex_ref_fold1.0.npy` and
 * `train_label1_vwGen_ex_ref_fold1.0.npy`; numbers of classes become one label each, 0 or 1. Patients are
 * not known. Values are as stored: TransVW's are in [0, 1].
 *
 * @throws DataError when there are no cubes, or labels don't fit.
 * @see Haghighi et al. 2021, TransVW, https://arxiv.org/abs/2102.10680
 */
export function npyCubes(folder: string, options: NpyCubesOptions = {}): ImageSet {
  const { split, spacing } = options;
  const all = listFiles(folder, DATA);
  const files = all.filter((path) => split === undefined || splitIn(path) === split);
  const splits = (["train", "val", "test"] as const).filter((name) =>
    all.some((path) => splitIn(path) === name),
  );
  if (files.length === 0) {
    const names = split === undefined ? "*.npy" : `${split}_*.npy`;
    throw new DataError(`${folder} has no ${names} with cubes, here or below.`);
  }
  const labels = files.map((path) => labelsOf(path, options.classes));
  const known = labels.some((one) => one !== undefined);
  const classes =
    options.classes ??
    1 + Math.max(-1, ...labels.map((one) => one?.reduce((a, b) => Math.max(a, b), 0) ?? -1));
  const rows = files.flatMap((path, file) =>
    Array.from({ length: countOf(path) }, (_, item) => ({ path, file, item })),
  );
  return itemSet({
    folder,
    split,
    source: { name: "npyCubes", args: [folder, options] },
    layout: "npy-cubes",
    spatialRank: 3,
    splits,
    ...(known && { labelNames: Array.from({ length: classes }, (_, i) => String(i)) }),
    rows,
    item: ({ path, file, item }) => ({
      id: `${basename(path)}[${item}]`,
      path,
      part: `${item} ${options.axes ?? ""}`.trim(),
      read: () => readCube(path, item, options.axes, spacing),
      ...(known && {
        labels: Array.from({ length: classes }, (_, i) => {
          const label = labels[file]?.[item];
          return label === undefined ? NaN : Number(label === i);
        }),
      }),
    }),
  });
}

function splitIn(path: string): Split | undefined {
  const word = IN_SPLIT.exec(basename(path))?.[1]?.toLowerCase();
  return word === undefined ? undefined : word.startsWith("val") ? "val" : (word as Split);
}

function countOf(path: string): number {
  const { shape } = npyHeader(path);
  if (shape.length === 4) return shape[0] as number;
  throw new DataError(
    `${path}: expected cubes, [N, and three sides], it is [${shape.join(", ")}]. Labels belong in files with "label" in their names.`,
  );
}

function labelsOf(path: string, classes = Infinity): readonly number[] | undefined {
  const name = basename(path).replace(/data/i, "label");
  const labels = join(dirname(path), name);
  if (name === basename(path) || !existsSync(labels)) return undefined;
  const values = npyNumbers(labels);
  const odd = values.find((value) => !Number.isInteger(value) || value < 0 || value >= classes);
  if (odd !== undefined) {
    throw new DataError(
      `${labels}: expected classes, whole numbers from 0${classes === Infinity ? "" : ` to ${classes - 1} (\`classes\`)`}, got ${odd}.`,
    );
  }
  if (values.length === countOf(path)) return values;
  throw new DataError(
    `${labels} has ${values.length} labels for the ${countOf(path)} cubes of ${basename(path)}.`,
  );
}

/** Reads one cube of an array, or a file that is one, its axes brought into the order `[z, y, x]`. */
export async function readCube(
  path: string,
  item: number | undefined,
  axes: NpyCubesOptions["axes"],
  spacing?: readonly number[],
): Promise<Scan> {
  const { data, shape } = await readNpy(path, item === undefined ? {} : { item });
  const [a, b, c] = shape as [number, number, number];
  const order = ORDERS[axes ?? (c < Math.min(a, b) ? "yxz" : "zyx")];
  return {
    data: permuted({ data, shape }, order),
    shape: order.map((axis) => shape[axis] as number),
    ...(spacing && { spacing }),
  };
}
