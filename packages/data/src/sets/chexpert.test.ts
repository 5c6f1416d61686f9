import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { indices } from "../../test/set-laws.ts";
import { sharedData, sharedText } from "../../test/shared-data.ts";
import { tempFolder, write, writeImage } from "../../test/write-scans.ts";
import {
  CHEST_XRAY14_LABELS,
  CHEXPERT_COMPETITION_LABELS,
  CHEXPERT_LABELS,
  chexpert,
  openDataSet,
} from "../index.ts";
import { tableOf } from "./csv.ts";

const grey = (value: number): Uint8Array => new Uint8Array(64).fill(value);

const HEADER = `Path,Sex,Age,Frontal/Lateral,AP/PA,${CHEXPERT_LABELS.join(",")}`;

/** A table's row: all blank but for some labels. */
function chexpertRow(path: string, labels: Readonly<Record<string, string>>): string {
  const view = path.includes("lateral") ? "Lateral," : "Frontal,AP";
  const values = CHEXPERT_LABELS.map((label) => labels[label] ?? "");
  return `CheXpert-v1.0-small/${path},Female,68,${view},${values.join(",")}`;
}

/** A row's path below the release's folder. */
const pathIn = (row: string): string[] => (row.split(",")[0] ?? "").split("/").slice(1);

async function chexpertFolder(): Promise<string> {
  const folder = join(tempFolder(), "CheXpert-v1.0-small");
  const paths = [
    "train/patient00001/study1/view1_frontal.jpg",
    "train/patient00001/study1/view2_lateral.jpg",
    "train/patient00002/study3/view1_frontal.jpg",
    "valid/patient64541/study1/view1_frontal.jpg",
  ];
  for (const [i, path] of paths.entries()) await writeImage(join(folder, path), grey(40 * i), 8);
  const rows = [
    chexpertRow(paths[0] ?? "", { Edema: "-1.0", Cardiomegaly: "1.0", Consolidation: "0.0" }),
    chexpertRow(paths[1] ?? "", { Edema: "-1.0" }),
    chexpertRow(paths[2] ?? "", { Edema: "-1.0", "No Finding": "1.0" }),
  ];
  write(join(folder, "train.csv"), [HEADER, ...rows].join("\n"));
  write(
    join(folder, "valid.csv"),
    [HEADER, chexpertRow(paths[3] ?? "", { Edema: "1.0" })].join("\n"),
  );
  return folder;
}

describe("chexpert, examples", () => {
  it("reads tables, paths, views and patients; from the folder above, too", async () => {
    const folder = await chexpertFolder();
    for (const place of [folder, join(folder, "..")]) {
      const train = openDataSet(place, { split: "train" });
      expect(train.layout).toBe("chexpert");
      expect(indices(train).map((i) => train.patient?.(i))).toEqual([
        "patient00001",
        "patient00001",
        "patient00002",
      ]);
      expect((await train.read(2)).data[0]).toBe(80);
      expect(train.splits).toEqual(["train", "val"]);
      expect(chexpert(place, { split: "val" }).id(0)).toContain("patient64541");
      expect(chexpert(place, { frontalOnly: true }).length).toBe(3);
      expect(chexpert(place).length).toBe(4);
    }
  });

  it("without test.csv, valid.csv can test, and training patients validate, each in one split", async () => {
    const folder = await chexpertFolder();
    expect(() => chexpert(folder, { split: "test" })).toThrow(/`testOn: "valid"` tests on valid/);
    const rows = Array.from({ length: 60 }, (_, i) => {
      const patient = `patient${String(i + 100).padStart(5, "0")}`;
      return chexpertRow(`train/${patient}/study1/view1_frontal.jpg`, { Edema: "1.0" });
    });
    write(join(folder, "train.csv"), [HEADER, ...rows].join("\n"));
    const open = (split: "train" | "val" | "test") =>
      chexpert(folder, { split, testOn: "valid", missing: split === "test" ? "error" : "skip" });
    for (const row of rows) await writeImage(join(folder, ...pathIn(row)), grey(1), 8);
    const [train, val, test] = [open("train"), open("val"), open("test")];
    expect(test.id(0)).toContain("valid/patient64541");
    expect(train.length + val.length).toBe(60);
    expect(val.length).toBeGreaterThan(1);
    expect(val.length).toBeLessThan(20);
    const own = new Set(indices(train).map((i) => train.patient?.(i)));
    expect(indices(val).filter((i) => own.has(val.patient?.(i)))).toEqual([]);
    expect([train.splits, chexpert(folder, { testOn: "valid" }).length]).toEqual([
      ["train", "val", "test"],
      61,
    ]);
  });

  it("uncertain labels follow the policy; smoothed ones depend on the image alone", async () => {
    const folder = await chexpertFolder();
    const edema = (uncertain: Parameters<typeof chexpert>[1]): number[] => {
      const set = chexpert(folder, { split: "train", labels: "competition", ...uncertain });
      expect(set.labelNames).toEqual(CHEXPERT_COMPETITION_LABELS);
      return indices(set).map((i) => set.labels?.(i)[3] as number);
    };
    expect(edema({ uncertain: "ones" })).toEqual([1, 1, 1]);
    expect(edema({ uncertain: "zeros" })).toEqual([0, 0, 0]);
    expect(edema({ uncertain: "ignore" })).toEqual([NaN, NaN, NaN]);
    expect(edema({ uncertain: "multi-class" })).toEqual([-1, -1, -1]);
    for (const [policy, low, high] of [
      ["smoothed-ones", 0.55, 0.85],
      ["smoothed-zeros", 0, 0.3],
    ] as const) {
      const smoothed = edema({ uncertain: policy });
      expect(new Set(smoothed).size).toBe(3);
      expect(Math.min(...smoothed)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...smoothed)).toBeLessThan(high);
      expect(edema({ uncertain: policy })).toEqual(smoothed);
      expect(edema({ uncertain: policy, frontalOnly: true })).toEqual([smoothed[0], smoothed[2]]);
      expect(edema({ uncertain: policy, seed: 1 })).not.toEqual(smoothed);
    }
    const set = chexpert(folder, { split: "train", unmentioned: "unknown" });
    const labels = Object.fromEntries(CHEXPERT_LABELS.map((name, i) => [name, set.labels?.(0)[i]]));
    expect([labels["Cardiomegaly"], labels["Consolidation"]]).toEqual([1, 0]);
    expect(labels["Fracture"]).toBeNaN();
    expect(chexpert(folder, { split: "train" }).labels?.(0)[12]).toBe(0);
  });

  it("says what is missing", async () => {
    const folder = await chexpertFolder();
    expect(() => chexpert(folder, { split: "test" })).toThrow(/has no test.csv, which holds paths/);
    rmSync(join(folder, "train", "patient00002"), { recursive: true });
    expect(() => chexpert(folder, { split: "train" })).toThrow(
      /train.csv names 1 of 3 images that are not there \(.*patient00002/,
    );
    const set = chexpert(folder, { split: "train", missing: "skip" });
    expect([set.length, set.warnings?.length]).toEqual([2, 1]);
    expect(() => chexpert(tempFolder())).toThrow(/has no train.csv or valid.csv/);
    const odd = tempFolder();
    write(join(odd, "train.csv"), "Path,Frontal/Lateral\na/b.jpg,Frontal");
    expect(() => chexpert(odd, { split: "train" })).toThrow(
      /lacks the columns No Finding, Enlarged Card/,
    );
  });
});

const labels = sharedData("labels");

describe.skipIf(labels === undefined)("real label tables, parity", () => {
  it("ChestX-ray14: 112,120 images of 30,805 patients, with the published counts", () => {
    const { rows } = tableOf(
      "Data_Entry",
      sharedText(join(labels ?? "", "Data_Entry_2017_v2020.csv.gz")),
    );
    expect(rows.length).toBe(112_120);
    expect(new Set(rows.map((row) => row["Patient ID"])).size).toBe(30_805);
    const found = rows.map((row) => new Set(row["Finding Labels"]?.split("|")));
    const counts = CHEST_XRAY14_LABELS.map((name) => found.filter((set) => set.has(name)).length);
    expect(Object.fromEntries(CHEST_XRAY14_LABELS.map((name, i) => [name, counts[i]]))).toEqual({
      Atelectasis: 11559,
      Cardiomegaly: 2776,
      Effusion: 13317,
      Infiltration: 19894,
      Mass: 5782,
      Nodule: 6331,
      Pneumonia: 1431,
      Pneumothorax: 5302,
      Consolidation: 4667,
      Edema: 2303,
      Emphysema: 2516,
      Fibrosis: 1686,
      Pleural_Thickening: 3385,
      Hernia: 227,
    });
    expect(found.filter((set) => set.has("No Finding")).length).toBe(60_361);
  });

  it("CheXpert: 223,414 training images of 64,540 patients, uncertain ones as published", async () => {
    const folder = join(tempFolder(), "CheXpert-v1.0-small");
    const text = sharedText(join(labels ?? "", "chexpert_train.csv.gz"));
    write(join(folder, "train.csv"), text.split("\n").slice(0, 501).join("\n"));
    const [first = ""] = /CheXpert-v1.0-small\/\S+?\.jpg/.exec(text) ?? [];
    await writeImage(join(folder, "..", first), grey(7), 8);
    const set = chexpert(folder, { split: "train", missing: "skip", uncertain: "multi-class" });
    expect(set.length).toBe(1);
    expect(set.warnings?.[0]).toMatch(/names 499 of 500 images/);
    const { rows } = tableOf("train.csv", text);
    expect(rows.length).toBe(223_414);
    expect(new Set(rows.map((row) => /patient\d+/.exec(row["Path"] ?? "")?.[0])).size).toBe(64_540);
    const uncertain = (name: string): number => rows.filter((r) => Number(r[name]) === -1).length;
    expect(rows.filter((row) => row["Frontal/Lateral"] === "Frontal").length).toBe(191_027);
    // Images, where the paper's table counts studies.
    expect(uncertain("Atelectasis")).toBe(33_739);
    expect(rows.filter((row) => row["Pleural Effusion"] === "1.0").length).toBe(86_187);
  });
});
