import { join } from "node:path";
import { CHEXPERT_LABELS, type ImageSet, phantomSet } from "@dira/data";
import { writeAtomically } from "@dira/training/node";
import { heldOut, type LayoutOptions, padded, type PhantomLayout } from "./layout.ts";
import { personOf } from "./people.ts";
import { writeJpeg } from "./pictures.ts";

const ROOT = "CheXpert-v1.0-small";
const COLUMNS = ["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", ...CHEXPERT_LABELS];

/** Folder and table of each split. */
const PARTS = [
  ["train", "train.csv"],
  ["valid", "valid.csv"],
  ["test", "test.csv"],
] as const;

/**
 * CheXpert's small release: `CheXpert-v1.0-small/train/patient00001/study1/view1_frontal.jpg` and so on, with `train.csv`,
 * `valid.csv` and `test.csv`. Labels of training are a report's, 1.0, 0.0, −1.0 (uncertain) or blank (not mentioned),
 * those of the others radiologists', 1.0 or 0.0. All views are frontal, one a patient.
 */
export const chexpertLayout: PhantomLayout = {
  kind: "chexpert",
  noun: "X-rays",
  defaults: { count: 48, size: 256 },
  phantoms,
  write: async (folder, options) => {
    const set = phantoms(options);
    const rows: string[][] = PARTS.map(() => [COLUMNS.join(",")]);
    for (let i = 0; i < options.count; i += 1) {
      const part = partOf(i, options.count);
      const patient = `patient${padded(1 + i, 5)}`;
      const path = [ROOT, PARTS[part][0], patient, "study1", "view1_frontal.jpg"].join("/");
      await writeJpeg(join(folder, path), await set.read(i));
      const { sex, age } = personOf(options.seed, patient);
      const labels = (set.labels?.(i) ?? []).map((value) =>
        Number.isNaN(value) ? "" : value.toFixed(1),
      );
      rows[part]?.push([path, sex, age, "Frontal", "PA", ...labels].join(","));
    }
    PARTS.forEach(([, table], part) => {
      writeAtomically(join(folder, ROOT, table), `${rows[part]?.join("\n")}\n`);
    });
  },
};

/** Number of an image's part in {@link PARTS}. */
function partOf(index: number, count: number): 0 | 1 | 2 {
  const { val, test } = heldOut(count);
  return index < count - val - test ? 0 : index < count - test ? 1 : 2;
}

/** The same images, with the labels of whoever labelled that part. */
function phantoms({ count, size, seed }: LayoutOptions): ImageSet {
  const options = { kind: "chexpert", count, size, seed, uncertain: "multi-class" } as const;
  const reports = phantomSet(options);
  const radiologists = phantomSet({ ...options, labelledBy: "radiologists" });
  return {
    ...reports,
    labels: (index) => (partOf(index, count) === 0 ? reports : radiologists).labels?.(index) ?? [],
  };
}
