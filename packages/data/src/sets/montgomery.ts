import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Raster } from "@dira/augmentations";
import { DataError, type ImageSet } from "../image.ts";
import { readScan } from "../formats/read-scan.ts";
import { firstOf, listFiles, needOneOf } from "./files.ts";
import { type DataSetOptions, itemSet, presentRows } from "./item-set.ts";
import { type SplitShares, splitOf } from "./split.ts";

/** Options of {@link montgomery}. */
export interface MontgomeryOptions extends DataSetOptions {
  /** Shares of each split. @defaultValue 0.7, 0.1, 0.2 */
  readonly shares?: SplitShares;
}

const NAME = /^MCUCXR_(\d+)_([01])\.png$/i;

const rootOf = (folder: string): string => firstOf(folder, ["MontgomerySet"]) ?? folder;

/** Whether a folder, or `MontgomerySet` in it, holds NIH Montgomery's own layout. */
export function isMontgomery(folder: string): boolean {
  const root = rootOf(folder);
  return existsSync(join(root, "CXR_png")) && existsSync(join(root, "ManualMask"));
}

/**
 * NIH Montgomery County X-rays as released (138 images, one a patient): `CXR_png/MCUCXR_0001_0.png`,
 * whose last figure says tuberculosis, masks of the same name in `ManualMask/leftMask` and
 * `ManualMask/rightMask` (the patient's left lung and right lung), readings in `ClinicalReadings/*.txt`,
 * of which those that are empty or contradict the file's name give
 * a warning. It has no splits: they are drawn by
 * patient.
 *
 * @throws DataError when folders or masks are missing.
 * @see Jaeger et al. 2014, https://doi.org/10.3978/j.issn.2223-4292.2014.11.20
 */
export function montgomery(folder: string, options: MontgomeryOptions = {}): ImageSet {
  const { split, missing, shares } = options;
  const root = rootOf(folder);
  const images = needOneOf(root, ["CXR_png"], "the X-rays");
  const masks = needOneOf(root, ["ManualMask"], "the masks of the lungs");
  const sides = ["leftMask", "rightMask"].map((name) =>
    needOneOf(masks, [name], `masks of the ${name.slice(0, -4)} lung`),
  );
  const names = listFiles(images, NAME).map((path) => basename(path));
  const { rows, warnings } = presentRows(
    `${masks}: ${images}`,
    names,
    (name) => name,
    (name) => sides.every((side) => existsSync(join(side, name))),
    missing,
  );
  const chosen = rows.filter(
    (name) => split === undefined || splitOf("montgomery", patientOf(name), shares) === split,
  );
  return itemSet({
    folder,
    split,
    source: { name: "montgomery", args: [folder, options] },
    layout: "montgomery",
    citation: "NIH Montgomery County X-ray Set, Jaeger et al. 2014",
    terms: "U.S. National Library of Medicine: free for research, cite Jaeger and Candemir 2014",
    spatialRank: 2,
    labelNames: ["Tuberculosis"],
    maskNames: ["left lung", "right lung"],
    splits: ["train", "val", "test"],
    warnings: [...warnings, ...contradictions(root, chosen)],
    rows: chosen,
    item: (name) => ({
      id: name,
      path: join(images, name),
      patient: patientOf(name),
      labels: [Number(NAME.exec(name)?.[2])],
      mask: () => lungMask(sides.map((side) => join(side, name))),
      read: (side) => readScan(join(images, name), side === undefined ? {} : { side }),
    }),
  });
}

const patientOf = (name: string): string => NAME.exec(name)?.[1] ?? name;

function contradictions(root: string, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const path = join(root, "ClinicalReadings", name.replace(/\.png$/i, ".txt"));
    if (!existsSync(path)) return [];
    const readings = readFileSync(path, "utf8").trim();
    if (readings === "") return [`${path} is empty, and says nothing of ${name}.`];
    const normal = /^\s*normal\s*$/im.test(readings);
    const label = NAME.exec(name)?.[2];
    return normal === (label === "0") ? [] : [`${path} contradicts the label ${label} of ${name}.`];
  });
}

/** One mask of several: value 1 where the first has something, 2 where the second has, and so on. */
async function lungMask(paths: readonly string[]): Promise<Raster<Uint8Array>> {
  const parts = await Promise.all(paths.map((path) => readScan(path)));
  const shape = parts[0]?.shape ?? [];
  const data = new Uint8Array(shape.reduce((a, b) => a * b, 1));
  parts.forEach((part, i) => {
    if (part.data.length !== data.length) {
      throw new DataError(
        `${paths[i]} is [${part.shape.join(", ")}], but ${paths[0]} is [${shape.join(", ")}].`,
      );
    }
    for (let at = 0; at < data.length; at += 1) if (part.data[at] !== 0) data[at] = i + 1;
  });
  return { data, shape };
}
