import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LabelledBox } from "@dira/augmentations";
import { DataError } from "../image.ts";
import { badCell, readTable, type Table } from "./csv.ts";

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
  /** Whether the table has the image; undefined where there is no table. */
  readonly isListed?: (name: string) => boolean;
  /** 0 or 1 per label; NaN where the table lacks the image. */
  readonly labels?: (name: string) => readonly number[];
  readonly labelNames?: readonly string[];
  readonly boxes?: (name: string) => readonly LabelledBox[];
}

/**
 * Patients, labels and boxes of images by name, as far as the tables are there. A patient is the table's
 * `Patient ID`, else what the file's name begins with.
 *
 * @throws DataError when a table lacks a column, or names a finding that is none of the release's.
 */
export function annotations(folder: string): Annotations {
  const boxes = readBoxes(join(folder, BOXES));
  const withBoxes =
    boxes === undefined ? {} : { boxes: (name: string): LabelledBox[] => boxes.get(name) ?? [] };
  const path = join(folder, ENTRIES);
  if (!existsSync(path)) return { patient: patientOf, ...withBoxes };
  const entries = entriesOf(readTable(path, ["Image Index", "Finding Labels"]));
  return {
    labelNames: CHEST_XRAY14_LABELS,
    isListed: (name) => entries.has(name),
    patient: (name) => entries.get(name)?.patient ?? patientOf(name),
    labels: (name) => {
      const found = entries.get(name)?.findings;
      return CHEST_XRAY14_LABELS.map((label) =>
        found === undefined ? NaN : Number(found.includes(label)),
      );
    },
    ...withBoxes,
  };
}

/** What a file's name says of its patient: `00000013_005.png` is of `13`, `anna_2.png` of `anna`. */
function patientOf(name: string): string {
  return plainId(name.replace(/\.[^.]*$/, "").split("_")[0] || name);
}

/** Tables leave out the zeros that files' names begin with. */
const plainId = (id: string): string => (/^\d+$/.test(id) ? String(Number(id)) : id);

interface Entry {
  readonly patient: string;
  readonly findings: readonly string[];
}

function entriesOf(table: Table): Map<string, Entry> {
  const known = ["No Finding", ...CHEST_XRAY14_LABELS];
  return new Map(
    table.rows.map((row, i) => {
      const name = row["Image Index"] ?? "";
      if (name === "") throw badCell(table, i, "Image Index", "a file's name");
      const findings = (row["Finding Labels"] ?? "").split("|").map((finding) => finding.trim());
      if (!findings.every((finding) => known.includes(finding))) {
        throw badCell(
          table,
          i,
          "Finding Labels",
          `findings of ${known.join(", ")}, with | between`,
        );
      }
      const patient = row["Patient ID"] ?? "";
      return [name, { patient: patient === "" ? patientOf(name) : plainId(patient), findings }];
    }),
  );
}

const BOX_HEADER = "Image Index,Finding Label,Bbox [x,y,w,h]";

/** The header is the release's: `Image Index,Finding Label,Bbox [x,y,w,h],,,`; its commas are no columns. */
function readBoxes(path: string): Map<string, LabelledBox[]> | undefined {
  if (!existsSync(path)) return undefined;
  const boxes = new Map<string, LabelledBox[]>();
  const [header = "", ...lines] = readFileSync(path, "utf8").split(/\r?\n/);
  if (!header.replace(/^\ufeff|"/g, "").startsWith(BOX_HEADER)) {
    throw new DataError(`${path}: expected the header ${BOX_HEADER}, got "${header}".`);
  }
  lines.forEach((line, i) => {
    if (line.trim() === "") return;
    const [image = "", finding = "", ...rest] = line.split(",");
    // The tables disagree on the name of one finding.
    const label = finding === "Infiltrate" ? "Infiltration" : finding;
    const [x = NaN, y = NaN, width = NaN, height = NaN] = rest
      .slice(0, 4)
      .map((text) => (text.trim() === "" ? NaN : Number(text)));
    const box = [y, x, height, width];
    const right = image !== "" && CHEST_XRAY14_LABELS.includes(label) && box.every(Number.isFinite);
    if (!right) {
      throw new DataError(
        `${path}, row ${i + 1} below the header: expected an image, one of ${CHEST_XRAY14_LABELS.join(", ")}, and x, y, width and height, got "${line}". Mend the row or take it out.`,
      );
    }
    boxes.set(image, [...(boxes.get(image) ?? []), { label, box }]);
  });
  return boxes;
}
