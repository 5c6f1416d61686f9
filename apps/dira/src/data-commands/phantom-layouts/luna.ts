import { join } from "node:path";
import {
  type ImageSet,
  makeFolder,
  phantomCandidates,
  phantomSet,
  writeMetaImage,
} from "@dira/data";
import { writeAtomically } from "@dira/training/node";
import type { LayoutOptions, PhantomLayout } from "./layout.ts";

/** What the names of series begin with. */
const ROOT = "1.2.826.0.1.3680043.2.1125.3";
/** Nodules of each CT: the phantoms of `chest-ct` have as many. */
const NODULES = 2;
/** Which subset each CT goes to, over and over: the first three are one of each fold. */
const SUBSETS = [0, 5, 7, 1, 2, 3, 4, 6, 8, 9];

/**
 * LUNA16: whole chest CTs in HU as `subset0/<series>.mhd` and `.raw` …, `candidates_V2.csv` with two nodules and four
 * vessels of each, `annotations.csv` with the nodules; places in mm. The release has hundreds of candidates a CT, and
 * voxels of about 0.7 mm; these are as large as the size makes them.
 */
export const lunaLayout: PhantomLayout = {
  kind: "luna16",
  noun: "CTs",
  defaults: { count: 10, size: [92, 135, 180] },
  phantoms,
  write: async (folder, options) => {
    const set = phantoms(options);
    for (const subset of SUBSETS) makeFolder(join(folder, `subset${subset}`));
    const candidates = ["seriesuid,coordX,coordY,coordZ,class"];
    const annotations = ["seriesuid,coordX,coordY,coordZ,diameter_mm"];
    for (let i = 0; i < options.count; i += 1) {
      const series = `${ROOT}.${1 + i}`;
      const subset = `subset${SUBSETS[i % SUBSETS.length]}`;
      await writeMetaImage(join(folder, subset, `${series}.mhd`), await set.read(i));
      const { nodules, vessels } = phantomCandidates({
        seed: options.seed,
        index: i,
        nodules: NODULES,
      });
      for (const { center, diameter } of nodules) {
        candidates.push([series, ...center, 1].join(","));
        annotations.push([series, ...center, diameter].join(","));
      }
      for (const place of vessels) candidates.push([series, ...place, 0].join(","));
    }
    writeAtomically(join(folder, "candidates_V2.csv"), `${candidates.join("\n")}\n`);
    writeAtomically(join(folder, "annotations.csv"), `${annotations.join("\n")}\n`);
  },
};

/** Whole chests with {@link NODULES} each. */
function phantoms({ count, size, seed }: LayoutOptions): ImageSet {
  return phantomSet({ kind: "chest-ct", count, size, seed });
}
