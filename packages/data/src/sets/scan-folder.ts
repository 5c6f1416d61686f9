import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import type { Raster } from "@dira/augmentations";
import { DataError, type ImageSet } from "../image.ts";
import type { DicomGrey } from "../formats/dicom-values.ts";
import { readScan } from "../formats/read-scan.ts";
import { firstOf, listFiles } from "./files.ts";
import { divisionOf } from "./folder-division.ts";
import { itemSet } from "./item-set.ts";
import { npyHeader } from "./npy-file.ts";
import type { Split } from "./split.ts";

/** Options of {@link scanFolder}. */
export interface ScanFolderOptions {
  /** @defaultValue all */
  readonly split?: Split | undefined;
  /** How the values of DICOM images become grey; see `readDicom`. @defaultValue "file" */
  readonly window?: DicomGrey;
  /** Takes images alone or volumes alone, where a folder has both. @defaultValue what there is */
  readonly spatialRank?: 2 | 3;
  /**
   * A folder with `train_list.txt`, `val_list.txt`, `test_list.txt` as `dira data split` writes them: a file a line, by its
   * path below the data's folder. @defaultValue none
   */
  readonly lists?: string;
  /**
   * Whether the folder that a file lies in names its class, as in torchvision's `ImageFolder`: one label a class, in
   * alphabetical order. @defaultValue false
   */
  readonly classes?: boolean;
}

/** Names of image files. */
export const IMAGES: RegExp = /\.(png|jpe?g|tiff?|webp)$/i;

const DICOM = /\.(dcm|dicom|ima)$/i;
const VOLUMES = /\.(nii|nii\.gz|mhd|mha)$/i;
const NPY = /\.npy$/i;
const ANY = /\.(png|jpe?g|tiff?|webp|dcm|dicom|ima|nii|nii\.gz|mhd|mha|npy)$/i;
/** Modalities whose files are slices of a volume. */
const SLICED = ["CT", "MR", "PT", "NM"];

/** A file, or a folder of slices. */
interface Found {
  readonly path: string;
  readonly spatialRank: 2 | 3;
}

/** What a folder and those below hold. */
interface Listing {
  readonly taken: Found[];
  /** Of the rank that was not asked for. */
  readonly leftOut: readonly Found[];
}

/**
 * Every image, or every volume, in a folder and below: PNG, JPEG, TIFF, WebP and DICOM images; NIfTI,
 * MetaImage, `.npy` and DICOM series (the slices of one folder, where their modality is CT, MR, PT or
 * NM). With `images/` and `masks/` in the folder, masks of the same name are read too: 1 where they have
 * something. DICOM images are shown as the file says, through its VOI LUT, window or range of bits, so that 12
 * bits are as bright as 8; volumes keep their values (Hounsfield units). Patients are not known.
 *
 * Splits: those of `lists`; else those of the folders `train/`, `val/` (or `validation/`) and `test/`, where the
 * first two are there. Else every tenth file is the validation split, the others the training split; fewer than
 * ten are all for training.
 *
 * Where `spatialRank` leaves files out, a warning says how many.
 *
 * @throws DataError when there is none, or both images and volumes and no `spatialRank`, or the split is not there.
 */
export function scanFolder(folder: string, options: ScanFolderOptions = {}): ImageSet {
  const { split, window = "file", lists } = options;
  const masks = firstOf(folder, ["masks"]);
  const images = firstOf(folder, ["images"]);
  const paired = masks !== undefined && images !== undefined;
  const root = paired ? images : folder;
  const listings = new Map<string, Listing>();
  const listed = (inside: string): Listing => {
    const listing = listings.get(inside) ?? scansIn(inside, options.spatialRank);
    listings.set(inside, listing);
    return listing;
  };
  const { splits, layout, filesOf } = divisionOf<Found>(folder, {
    lists,
    filesIn: (inside = root) => listed(inside).taken,
    nameOf: ({ path }) => relative(folder, path),
  });
  const chosen = filesOf(split);
  const classes = options.classes === true ? classesOf(filesOf(undefined)) : undefined;
  const maskPaths = new Map(
    paired ? listFiles(masks, ANY).map((path) => [stemOf(relative(masks, path)), path]) : [],
  );
  const maskOf = (path: string): string | undefined =>
    paired ? maskPaths.get(stemOf(relative(images, path))) : undefined;
  const without = paired ? chosen.filter(({ path }) => maskOf(path) === undefined).length : 0;
  return itemSet({
    folder,
    split,
    source: { name: "scanFolder", args: [folder, options] },
    layout: paired ? "images and masks" : layout,
    spatialRank: chosen[0]?.spatialRank ?? 2,
    splits,
    ...(paired && { maskNames: ["mask"] }),
    ...(classes && { labelNames: classes }),
    warnings: [
      ...[...listings].flatMap(([inside, { leftOut }]) => leftOutWarning(inside, leftOut)),
      ...(without === 0 ? [] : [`${without} of ${chosen.length} images have no mask in ${masks}.`]),
    ],
    rows: chosen,
    item: ({ path, spatialRank }) => ({
      id: relative(folder, path),
      path,
      part: JSON.stringify(window),
      read: (side) =>
        readScan(path, spatialRank === 3 ? {} : { window, ...(side !== undefined && { side }) }),
      ...(paired && { mask: () => binaryMask(maskOf(path)) }),
      ...(classes && { labels: classes.map((name) => Number(name === classOf(path))) }),
    }),
  });
}

const classOf = (path: string): string => basename(dirname(path));

/** Names of the folders that files lie in. @throws DataError when there is but one. */
function classesOf(files: readonly Found[]): string[] {
  const names = [...new Set(files.map(({ path }) => classOf(path)))].sort();
  if (names.length > 1) return names;
  throw new DataError(
    `All files lie in folders named ${names[0] ?? ""}: \`classes\` needs a folder a class, two or more.`,
  );
}

const stemOf = (path: string): string => path.replace(ANY, "");

async function binaryMask(path: string | undefined): Promise<Raster<Uint8Array> | undefined> {
  if (path === undefined) return undefined;
  const { data, ...rest } = await readScan(path);
  return { ...rest, data: Uint8Array.from(data, (v) => Number(v !== 0)) };
}

function leftOutWarning(folder: string, leftOut: readonly Found[]): string[] {
  const [first] = leftOut;
  if (first === undefined) return [];
  const kind = first.spatialRank === 3 ? "volumes" : "images";
  return [
    `${leftOut.length} ${kind} in ${folder} (${basename(first.path)}${leftOut.length > 1 ? ", …" : ""}) are left out.`,
  ];
}

function scansIn(folder: string, wanted: 2 | 3 | undefined): Listing {
  const paths = listFiles(folder, ANY);
  const dicoms = paths.filter((path) => DICOM.test(path));
  const series = new Set(dicoms.filter((path) => isSlice(path)).map((path) => dirname(path)));
  const all: Found[] = [
    ...[...series].map((path): Found => ({ path, spatialRank: 3 })),
    ...paths
      .filter((path) => !(DICOM.test(path) && series.has(dirname(path))))
      .map((path): Found => ({ path, spatialRank: rankOf(path) })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
  const [images, volumes] = ([2, 3] as const).map((r) => all.filter((f) => f.spatialRank === r));
  if (all.length === 0) {
    throw new DataError(
      `No PNG, JPEG, TIFF or WebP image, DICOM, NIfTI, MetaImage or .npy in ${folder} or below. Is it the right folder?`,
    );
  }
  if (wanted === undefined && images?.length !== 0 && volumes?.length !== 0) {
    throw new DataError(
      `${folder} has ${images?.length} images and ${volumes?.length} volumes (${basename(volumes?.[0]?.path ?? "")}, …). Say which to take: spatialRank 2 or 3.`,
    );
  }
  const isTaken = ({ spatialRank }: Found): boolean => spatialRank === (wanted ?? spatialRank);
  const taken = all.filter(isTaken);
  if (taken.length > 0) return { taken, leftOut: all.filter((found) => !isTaken(found)) };
  throw new DataError(`${folder} has no ${wanted === 2 ? "images" : "volumes"} here or below.`);
}

function rankOf(path: string): 2 | 3 {
  if (NPY.test(path)) return npyHeader(path).shape.length === 2 ? 2 : 3;
  return VOLUMES.test(path) ? 3 : 2;
}

/** Whether a DICOM file says that it is a slice: looks for its modality, (0008,0060), near the start. */
function isSlice(path: string): boolean {
  if (!existsSync(path)) return false;
  const head = Buffer.alloc(4096);
  const file = openSync(path, "r");
  readSync(file, head, 0, head.length, 0);
  closeSync(file);
  const tag = head.indexOf(Buffer.from([0x08, 0x00, 0x60, 0x00]));
  if (tag < 0) return false;
  // The value follows after a VR and two bytes of length, or four bytes of length.
  const value = head.toString("latin1", tag + 8, tag + 10);
  return SLICED.includes(value);
}
