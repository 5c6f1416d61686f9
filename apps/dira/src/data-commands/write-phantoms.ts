import { readdirSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, phantomSet } from "@dira/data";
import { writeAtomically } from "@dira/training/node";
import sharp from "sharp";
import { UsageError } from "../usage-error.ts";

/** Options of {@link writePhantoms}. */
export interface WritePhantomsOptions {
  readonly out: string;
  /** Images; each patient has two. */
  readonly count: number;
  /** Pixels per side. */
  readonly size: number;
  readonly seed: number;
}

const STUDIES = 2;

/**
 * Writes phantom X-rays with ChestX-ray14's findings in its own layout, so that everything that takes a
 * folder can be tried without a download.
 *
 * @throws UsageError when the folder holds something.
 */
export async function writePhantoms(options: WritePhantomsOptions): Promise<void> {
  const { out, count, size, seed } = options;
  const set = phantomSet({ kind: "chest-xray14", count, size, seed, studies: STUDIES });
  const folder = makeFolder(out);
  if (readdirSync(folder).length > 0) {
    throw new UsageError(`--out: ${out} is not empty. Name a new folder.`);
  }
  const images = makeFolder(join(folder, "images"));
  const rows: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const patient = 1 + Number(set.patient?.(i));
    const name = `${String(patient).padStart(8, "0")}_00${i % STUDIES}.png`;
    const { data, shape } = await set.read(i);
    const [height = 0, width = 0] = shape;
    await sharp(data as Uint8Array, { raw: { width, height, channels: 1 } })
      .toColourspace("b-w")
      .png()
      .toFile(join(images, name));
    const labels = set.labels?.(i) ?? [];
    const findings = (set.labelNames ?? []).filter((_, label) => labels[label] === 1);
    rows.push(`${name},${findings.join("|") || "No Finding"},${patient}`);
  }
  const table = ["Image Index,Finding Labels,Patient ID", ...rows].join("\n");
  writeAtomically(join(folder, "Data_Entry_2017_v2020.csv"), `${table}\n`);
  console.log(`${count} phantom X-rays of ${Math.ceil(count / STUDIES)} patients are in ${out}`);
}
