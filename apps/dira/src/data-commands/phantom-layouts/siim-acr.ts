import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  dicomBytes,
  type DicomElement,
  encodeRle,
  type ImageSet,
  makeFolder,
  phantomSet,
  type Scan,
} from "@dira/data";
import { writeAtomically } from "@dira/training/node";
import { UsageError } from "../../usage-error.ts";
import type { LayoutOptions, PhantomLayout } from "./layout.ts";
import { personOf } from "./people.ts";

/** All images of the release are this large, and its run lengths are of that size. */
const SIDE = 1024;
/** What the names of studies, series and images begin with. */
const ROOT = "1.2.826.0.1.3680043.2.1125.2";

/**
 * SIIM-ACR: `dicom-images-train/<study>/<series>/<image>.dcm` of 1024 × 1024 pixels, and `train-rle.csv`. The release's
 * files are JPEG within DICOM; these are uncompressed, so that nothing is lost.
 */
export const siimAcrLayout: PhantomLayout = {
  kind: "siim-acr",
  noun: "X-rays",
  defaults: { count: 16, size: SIDE },
  phantoms,
  write: async (folder, options) => {
    const set = phantoms(options);
    const rows = ["ImageId, EncodedPixels"];
    for (let i = 0; i < options.count; i += 1) {
      const study = `${ROOT}.${1 + i}`;
      const [series, image] = [`${study}.1`, `${study}.1.1`];
      const scan = await set.read(i);
      const inside = makeFolder(join(folder, "dicom-images-train", study, series));
      const { sex, age } = personOf(options.seed, study);
      const bytes = dicomBytes([
        ...film(scan, { study, series, image }),
        ["00100040", "CS", sex[0] ?? ""],
        ["00101010", "AS", `${String(age).padStart(3, "0")}Y`],
      ]);
      await writeFile(join(inside, `${image}.dcm`), bytes);
      const mask = await set.mask?.(i);
      rows.push(`${image}, ${encodeRle(mask?.data ?? [], [SIDE, SIDE])}`);
    }
    writeAtomically(join(folder, "train-rle.csv"), `${rows.join("\n")}\n`);
  },
};

function phantoms({ count, size, seed }: LayoutOptions): ImageSet {
  if (size !== SIDE) {
    throw new UsageError(
      `--size: SIIM-ACR's images are all ${SIDE} × ${SIDE}, got ${String(size)}. Leave it out.`,
    );
  }
  return phantomSet({ kind: "siim-acr", count, size, seed });
}

/** Names of an image and of what holds it. */
interface Uids {
  readonly study: string;
  readonly series: string;
  readonly image: string;
}

/** An X-ray of 8 bits as Secondary Capture. */
function film({ data, shape }: Scan, { study, series, image }: Uids): DicomElement[] {
  const [rows = 0, columns = 0] = shape;
  return [
    ["00080016", "UI", "1.2.840.10008.5.1.4.1.1.7"],
    ["00080018", "UI", image],
    ["00080060", "CS", "CR"],
    ["00100020", "LO", study],
    ["00180015", "CS", "CHEST"],
    ["00185101", "CS", "PA"],
    ["0020000D", "UI", study],
    ["0020000E", "UI", series],
    ["00200013", "IS", "1"],
    ["00280002", "US", 1],
    ["00280004", "CS", "MONOCHROME2"],
    ["00280010", "US", rows],
    ["00280011", "US", columns],
    ["00280100", "US", 8],
    ["00280101", "US", 8],
    ["00280102", "US", 7],
    ["00280103", "US", 0],
    ["7FE00010", "OB", Buffer.from(data)],
  ];
}
