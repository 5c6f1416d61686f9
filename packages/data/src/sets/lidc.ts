import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Raster } from "@dira/augmentations";
import { DataError, type ImageSet, type Scan } from "../image.ts";
import { readDicomHeader } from "../formats/dicom-header.ts";
import { readScan } from "../formats/read-scan.ts";
import { listFiles } from "./files.ts";
import { type DataSetOptions, itemSet, type SetItem } from "./item-set.ts";
import { consensusMask, groupNodules, type NoduleGroup, sliceFinder } from "./lidc-mask.ts";
import { isLidcReading, parseLidcXml } from "./lidc-xml.ts";
import { remember } from "./remember.ts";
import { type SplitShares, splitOf } from "./split.ts";
import { cropCube, type CubeOptions } from "./volume-geometry.ts";

/** Options of {@link lidcIdri}. */
export interface LidcOptions extends DataSetOptions {
  /** Cubes about nodules with their masks, or whole CTs. @defaultValue "nodules" */
  readonly items?: "nodules" | "volumes";
  /** How many of the four readers must have a voxel in their outline. @defaultValue 2: 50 % */
  readonly consensus?: 1 | 2 | 3 | 4;
  readonly cube?: CubeOptions;
  /** Shares of each split. @defaultValue 0.7, 0.1, 0.2 */
  readonly shares?: SplitShares;
}

const PATIENT = /LIDC-IDRI-\d+/;

/** Whether a folder holds LIDC-IDRI's own layout: patients' folders, with readings. */
export function isLidc(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const inside = [basename(folder), ...readdirSync(folder)];
  const named = inside.some((name) => PATIENT.test(name) || name === "LIDC-IDRI");
  return named && listFiles(folder, /\.xml$/i).length > 0;
}

/** A series with its annotations. */
interface Series {
  readonly folder: string;
  readonly xml: string;
  readonly patient: string;
}

/**
 * LIDC-IDRI as released: `LIDC-IDRI-0001/<study>/<series>/` with a CT's slices as DICOM and its readings
 * as XML. Masks hold the voxels that at least `consensus` of the four readers have within their outlines
 * of nodules of 3 mm or more; outlines of holes are taken out. Slices are found by SOP instance, else by
 * z. It has no splits: they are drawn by patient.
 *
 * @throws DataError when there are no readings, or an outline lies on no slice.
 * @see Armato et al. 2011, https://doi.org/10.1118/1.3528204
 */
export function lidcIdri(folder: string, options: LidcOptions = {}): ImageSet {
  const { split, items = "nodules", consensus = 2, shares } = options;
  const readings = listFiles(folder, /\.xml$/i)
    .filter((xml) => isLidcReading(readFileSync(xml, "utf8")))
    .map((xml): Series => {
      const inside = dirname(xml);
      return { folder: inside, xml, patient: PATIENT.exec(xml)?.[0] ?? inside };
    });
  if (readings.length === 0) {
    throw new DataError(
      `${folder} has no readings: an XML with LidcReadMessage beside each CT's slices, as in LIDC-IDRI-0001/<study>/<series>/.`,
    );
  }
  const series = readings.filter(
    ({ patient }) => split === undefined || splitOf("lidc-idri", patient, shares) === split,
  );
  const common = {
    folder,
    split,
    source: { name: "lidcIdri", args: [folder, options] },
    layout: "lidc-idri",
    citation: "Armato et al. 2011, LIDC-IDRI, https://doi.org/10.7937/K9/TCIA.2015.LO9QL9SX",
    terms: "CC BY 3.0",
    spatialRank: 3,
    maskNames: ["nodule"],
    splits: ["train", "val", "test"],
  } as const;
  const source = lidcSource(series, consensus);
  if (items === "volumes") {
    const item = (one: Series): SetItem => ({
      id: one.folder,
      path: one.folder,
      patient: one.patient,
      read: () => source.scan(one.xml),
      mask: () => source.mask(one.xml),
    });
    return itemSet({ ...common, rows: series, item });
  }
  const rows = nodulesOf(series, consensus);
  const item = (row: NoduleRow): SetItem => noduleItem(row, source, options.cube ?? {});
  return itemSet({ ...common, rows, item });
}

/** A nodule of a series. */
interface NoduleRow {
  readonly one: Series;
  readonly nodule: NoduleGroup;
}

/** What enough readers call a nodule. */
function nodulesOf(series: readonly Series[], consensus: number): NoduleRow[] {
  return series.flatMap((one) =>
    groupNodules(parseLidcXml(readFileSync(one.xml, "utf8"), one.xml))
      .filter(({ readers }) => readers >= consensus)
      .map((nodule) => ({ one, nodule })),
  );
}

function noduleItem(
  { one, nodule }: NoduleRow,
  source: ReturnType<typeof lidcSource>,
  cube: CubeOptions,
): SetItem {
  const { x, y, z } = nodule;
  return {
    id: `${one.folder} at ${x}, ${y}, ${z}`,
    path: one.folder,
    part: `${x} ${y} ${z} ${JSON.stringify(cube)}`,
    patient: one.patient,
    read: async () => {
      const scan = await source.scan(one.xml);
      return cropCube(scan, await source.center(one.xml, nodule), cube);
    },
    mask: async () => {
      const mask = await source.mask(one.xml);
      return cropCube(mask, await source.center(one.xml, nodule), cube);
    },
  };
}

/** Volumes and masks of series, by the path of their XML; the last few are kept. */
function lidcSource(
  series: readonly Series[],
  consensus: number,
): {
  scan(xml: string): Promise<Scan>;
  mask(xml: string): Promise<Raster<Uint8Array>>;
  center(xml: string, nodule: NoduleGroup): Promise<readonly number[]>;
} {
  const folders = new Map(series.map((one) => [one.xml, one.folder]));
  const scan = remember((xml) => readScan(folders.get(xml) ?? dirname(xml)));
  const finder = remember(async (xml) => {
    const inside = folders.get(xml) ?? dirname(xml);
    const files = readdirSync(inside).filter((name) => /\.dcm$/i.test(name));
    const headers = await Promise.all(files.map((name) => readDicomHeader(join(inside, name))));
    return sliceFinder(await scan(xml), headers, xml);
  });
  const mask = remember(async (xml) => {
    const nodules = parseLidcXml(readFileSync(xml, "utf8"), xml);
    return consensusMask(await scan(xml), nodules, consensus, await finder(xml));
  });
  return {
    scan,
    mask,
    center: async (xml, nodule) => {
      const find = await finder(xml);
      const slices = nodule.contours.map(find);
      const z = (Math.min(...slices) + Math.max(...slices)) / 2;
      return [z, nodule.y, nodule.x];
    },
  };
}
