import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LabelledBox } from "@dira/augmentations";
import { parseCsv } from "./csv.ts";

/** The labels of ChestX-ray14, in the order of its paper. */
export const CHEST_XRAY14_LABELS: readonly string[] = [
  "Atelectasis",
  "Cardiomegaly",
  "Effusion",
  "Infiltration",
  "Mass",
  "Nodule",
  "Pneumonia",
  "Pneumothorax",
  "Consolidation",
  "Edema",
  "Emphysema",
  "Fibrosis",
  "Pleural_Thickening",
  "Hernia",
];

/** The release's table of images, patients and labels. */
export const ENTRIES = "Data_Entry_2017_v2020.csv";
const BOXES = "BBox_List_2017.csv";

/** What the release's tables say of images by name. */
export interface Annotations {
  patient(name: string): string;
  /** 0 or 1 per label; NaN where the table lacks the image. */
  readonly labels?: (name: string) => readonly number[];
  readonly labelNames?: readonly string[];
  readonly boxes?: (name: string) => readonly LabelledBox[];
}

/** Patients, labels and boxes of images by name, as far as the tables are there. */
export function annotations(folder: string): Annotations {
  const patientOf = (name: string): string => String(Number(name.split("_")[0]));
  const path = join(folder, ENTRIES);
  const boxes = readBoxes(join(folder, BOXES));
  const withBoxes =
    boxes === undefined ? {} : { boxes: (name: string): LabelledBox[] => boxes.get(name) ?? [] };
  if (!existsSync(path)) return { patient: patientOf, ...withBoxes };
  const rows = new Map(
    parseCsv(readFileSync(path, "utf8")).map((row) => [row["Image Index"] ?? "", row]),
  );
  return {
    labelNames: CHEST_XRAY14_LABELS,
    patient: (name) => rows.get(name)?.["Patient ID"] ?? patientOf(name),
    labels: (name) => {
      const found = rows.get(name)?.["Finding Labels"]?.split("|");
      return CHEST_XRAY14_LABELS.map((label) =>
        found === undefined ? NaN : Number(found.includes(label)),
      );
    },
    ...withBoxes,
  };
}

/** The header is the release's: `Image Index,Finding Label,Bbox [x,y,w,h],,,`. */
function readBoxes(path: string): Map<string, LabelledBox[]> | undefined {
  if (!existsSync(path)) return undefined;
  const boxes = new Map<string, LabelledBox[]>();
  for (const line of readFileSync(path, "utf8").split(/\r?\n/).slice(1)) {
    const [image = "", label = "", ...rest] = line.split(",");
    const [x, y, width, height] = rest.slice(0, 4).map(Number);
    if (image === "" || !Number.isFinite(height)) continue;
    const box = [y, x, height, width] as number[];
    // The tables disagree on the name of one finding.
    const found = { label: label === "Infiltrate" ? "Infiltration" : label, box };
    boxes.set(image, [...(boxes.get(image) ?? []), found]);
  }
  return boxes;
}
