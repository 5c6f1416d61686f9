import { join } from "node:path";
import type { LabelledBox } from "@dira/augmentations";
import { type ImageSet, phantomSet } from "@dira/data";
import { writeAtomically } from "@dira/training/node";
import { type LayoutOptions, padded, type PhantomLayout } from "./layout.ts";
import { personOf } from "./people.ts";
import { writePng } from "./pictures.ts";

/** Images of each patient. */
const STUDIES = 2;
/** Every so many patients one is of the test list. */
const TEST = 5;
/** Boxes of the release are in pixels of its images' side, whatever the side of a copy. */
const RELEASED = 1024;
/** Findings that the release has boxes of, by the names of its table. */
const BOXED: Readonly<Record<string, string>> = {
  Atelectasis: "Atelectasis",
  Cardiomegaly: "Cardiomegaly",
  Effusion: "Effusion",
  Infiltration: "Infiltrate",
  Mass: "Mass",
  Nodule: "Nodule",
  Pneumonia: "Pneumonia",
  Pneumothorax: "Pneumothorax",
};

const ENTRIES =
  "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]";
const BOXES = "Image Index,Finding Label,Bbox [x,y,w,h],,,";

/**
 * ChestX-ray14: `images/00000001_000.png`, its tables with the release's columns, `train_val_list.txt` and
 * `test_list.txt` (every fifth patient). Boxes are those of the release's eight findings.
 */
export const chestXray14Layout: PhantomLayout = {
  kind: "chest-xray14",
  noun: "X-rays",
  defaults: { count: 64, size: 256 },
  phantoms,
  write: async (folder, options) => {
    const set = phantoms(options);
    const entries: string[] = [];
    const boxes: string[] = [];
    const lists: Record<"train_val" | "test", string[]> = { train_val: [], test: [] };
    for (let i = 0; i < options.count; i += 1) {
      const patient = 1 + Number(set.patient?.(i));
      const name = `${padded(patient, 8)}_${padded(i % STUDIES, 3)}.png`;
      const image = await set.read(i);
      await writePng(join(folder, "images", name), image);
      const [side = RELEASED] = image.shape;
      entries.push(entryOf(set, i, name, options.seed));
      boxes.push(...(set.boxes?.(i) ?? []).flatMap((box) => boxRow(name, box, RELEASED / side)));
      lists[patient % TEST === 0 ? "test" : "train_val"].push(name);
    }
    const write = (name: string, lines: readonly string[]): void =>
      writeAtomically(join(folder, name), lines.map((line) => `${line}\n`).join(""));
    write("Data_Entry_2017_v2020.csv", [ENTRIES, ...entries]);
    write("BBox_List_2017.csv", [BOXES, ...boxes]);
    write("train_val_list.txt", lists.train_val);
    write("test_list.txt", lists.test);
  },
};

function phantoms({ count, size, seed }: LayoutOptions): ImageSet {
  return phantomSet({ kind: "chest-xray14", count, size, seed, studies: STUDIES });
}

function entryOf(set: ImageSet, index: number, name: string, seed: number): string {
  const patient = 1 + Number(set.patient?.(index));
  const { sex, age } = personOf(seed, String(patient));
  const labels = set.labels?.(index) ?? [];
  const findings = (set.labelNames ?? []).filter((_, label) => labels[label] === 1);
  const film = ["PA", RELEASED, RELEASED, 0.35, 0.35];
  const said = [name, findings.join("|") || "No Finding", index % STUDIES];
  return [...said, patient, age, sex[0], ...film].join(",");
}

function boxRow(name: string, { label, box }: LabelledBox, scale: number): string[] {
  const said = BOXED[label];
  const [top = 0, left = 0, height = 0, width = 0] = box.map((pixels) => pixels * scale);
  return said === undefined ? [] : [[name, said, left, top, width, height].join(",")];
}
