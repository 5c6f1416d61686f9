import { join } from "node:path";
import { indexToWorld, type ImageSet, phantomSet, writeDicomSeries } from "@dira/data";
import { writeAtomically } from "@dira/training/node";
import { type LayoutOptions, padded, type PhantomLayout } from "./layout.ts";
import { readingXml } from "./lidc-reading.ts";
import { readersOf } from "./lidc-readers.ts";

/** What the names of studies and series begin with. */
const ROOT = "1.2.826.0.1.3680043.2.1125.4";

/**
 * LIDC-IDRI: `LIDC-IDRI-0001/<study>/<series>/` with a CT's slices in HU and the XML of its four readers. The CT is a cube
 * about a nodule, not a whole chest. Two readers outline what the phantom's mask holds, one more, one less of it: the
 * voxels that at least two have are the mask.
 */
export const lidcLayout: PhantomLayout = {
  kind: "lidc-idri",
  noun: "CTs",
  defaults: { count: 12, size: [32, 64, 64] },
  phantoms,
  write: async (folder, options) => {
    const set = phantoms(options);
    for (let i = 0; i < options.count; i += 1) {
      const patient = `LIDC-IDRI-${padded(1 + i, 4)}`;
      const [study, series] = [`${ROOT}.${1 + i}`, `${ROOT}.${1 + i}.1`];
      const inside = join(folder, patient, study, series);
      const scan = await set.read(i);
      await writeDicomSeries(inside, scan, {
        ...{ patient, series },
        elements: [["0020000D", "UI", study]],
      });
      const mask = await set.mask?.(i);
      if (mask === undefined) throw new Error(`${set.id(i)} has no mask.`);
      const slices = Array.from({ length: scan.shape[0] ?? 0 }, (_, slice) => ({
        // As `writeDicomSeries` names them.
        sopInstanceUid: `${series}.${slice + 1}`,
        z: indexToWorld(scan, [slice, 0, 0])[2] ?? 0,
      }));
      const xml = readingXml({ study, series }, slices, readersOf(mask));
      writeAtomically(join(inside, `${padded(1 + i, 3)}.xml`), xml);
    }
  },
};

function phantoms({ count, size, seed }: LayoutOptions): ImageSet {
  return phantomSet({ kind: "lidc", count, size, seed });
}
