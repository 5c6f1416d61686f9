import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  affineOf,
  phantomSet,
  readScan,
  reorient,
  type Scan,
  writeDicomSeries,
  writeMetaImage,
  writeNifti,
} from "@dira/data";
import { decodeSafetensors, encodeSafetensors } from "@dira/nn";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { fileNamer } from "../src/file-names.ts";
import { dira } from "./command.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const home = mkdtempSync(join(tmpdir(), "dira-predict-"));
const at = (...names: readonly string[]): string => join(home, ...names);
afterAll(() => rmSync(home, { recursive: true }));

const said = async (...args: readonly string[]): Promise<string> => (await dira(...args)).output;

const SMALL_2D = ["--arch", "resnet18", "--size", "32", "--set", "width=4"];
const SMALL_3D = ["--size", "8,16,16", "--set", "width=2"];
const finetune = (task: string, ...more: readonly string[]): Promise<string> =>
  said(
    ...["finetune", "--task", task, "--out", at(task), "--batch", "4", "--epochs", "1"],
    ...["--set", "phantoms=4", ...more],
  );
const predict = (
  task: string,
  data: string,
  out: string,
  ...more: readonly string[]
): Promise<string> =>
  said("predict", "--run", at(task), "--data", at(data), "--out", at(out), ...more);
const jsonOf = (...names: readonly string[]): Record<string, unknown> =>
  JSON.parse(readFileSync(at(...names), "utf8")) as Record<string, unknown>;
const rowsOf = (...names: readonly string[]): Record<string, string>[] => {
  const [head = [], ...rows] = readFileSync(at(...names), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(",").map((cell) => cell.replaceAll('"', "")));
  return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i] ?? ""])));
};

const sumOf = (data: ArrayLike<number>): number => Array.from(data).reduce((a, b) => a + b, 0);

const CTS = phantomSet({ kind: "lits", count: 3, seed: 7, size: [10, 40, 24] });

/** Runs of each kind; volumes in several formats, axes and shapes, and images of several sizes. */
beforeAll(async () => {
  for (const folder of ["images", "scans"]) mkdirSync(at(folder));
  await finetune("montgomery", ...SMALL_2D);
  await finetune("lits", ...SMALL_3D);
  await finetune("chestx-ray14", ...SMALL_2D);
  const xrays = phantomSet({ kind: "montgomery", count: 3, seed: 9, size: 80 });
  for (let i = 0; i < 3; i += 1) {
    const [height, width] = [48 + i, 80];
    const data = (await xrays.read(i)).data.subarray(0, height * width) as Uint8Array;
    const image = sharp(data, { raw: { width, height, channels: 1 } });
    await image.toColourspace("b-w").toFile(at("images", `${i}.${i === 2 ? "jpg" : "png"}`));
  }
  const [first, second, third] = await Promise.all([0, 1, 2].map((i) => CTS.read(i)));
  await writeNifti(at("scans", "axial.nii.gz"), first as Scan);
  await writeNifti(at("scans", "sagittal.nii"), reorient(second as Scan, "SAR"));
  await writeMetaImage(at("scans", "small.mha"), cornerOf(third as Scan, [6, 12, 14]));
  await writeDicomSeries(at("scans", "series"), second as Scan);
});

function cornerOf(scan: Scan, shape: readonly [number, number, number]): Scan {
  const [depth, height, width] = shape;
  const [, rows = 0, columns = 0] = scan.shape;
  const data = new Int16Array(depth * height * width);
  for (let i = 0; i < data.length; i += 1) {
    const [x, y, z] = [i % width, Math.floor(i / width) % height, Math.floor(i / width / height)];
    data[i] = scan.data[(z * rows + y) * columns + x] as number;
  }
  return { ...scan, data, shape };
}

describe("dira finetune, volumes larger than the window", () => {
  it("are tested whole, with overlap and distances in mm of each", async () => {
    const { each, images, distance_unit: unit } = jsonOf("lits", "test.json");
    const liver = (each as Record<string, Record<string, unknown>>)["liver"] ?? {};
    const names = ["iou", "dice", "hausdorff95", "surface_distance", "pooled_dice", "undefined_distances"]; // prettier-ignore
    for (const name of names) expect(liver).toHaveProperty(name);
    expect([images, unit]).toEqual([2, "mm"]);
    const rows = rowsOf("lits", "per-image.csv");
    expect(rows.map(({ structure }) => structure)).toEqual(["liver", "liver"]);
    const mean = rows.reduce((sum, { iou }) => sum + Number(iou) / rows.length, 0);
    expect((liver["iou"] as { value: number }).value).toBeCloseTo(mean, 12);
  });
});

describe("dira predict, volumes", () => {
  it("writes masks that lie where their volumes do, whatever format and axes", async () => {
    const output = await predict("lits", "scans", "volumes");
    expect(output).toMatch(/4 images of .*: liver, in .*masks\.csv/);
    const rows = rowsOf("volumes", "masks.csv");
    expect(rows.map(({ image }) => image).sort()).toEqual(["axial.nii.gz", "sagittal.nii", "series", "small.mha"]); // prettier-ignore
    for (const row of rows) {
      const [scan, mask] = await Promise.all([
        readScan(at("scans", row["image"] ?? "")),
        readScan(at("volumes", row["mask"] ?? "")),
      ]);
      expect(mask.shape).toEqual(scan.shape);
      affineOf(scan).forEach((line, r) =>
        line.forEach((value, c) => expect(affineOf(mask)[r]?.[c]).toBeCloseTo(value, 3)),
      );
      const voxels = sumOf(mask.data);
      expect(Number(row["pixels"])).toBe(voxels);
      const each = (scan.spacing ?? []).reduce((a, b) => a * b, 1);
      expect(Number(row["size"])).toBeCloseTo((voxels * each) / 1000, 6);
      expect(row["unit"]).toBe("mL");
      expect(existsSync(at("volumes", row["mask"]?.replace("masks", "overlays").replace("nii.gz", "png") ?? ""))).toBe(true); // prettier-ignore
    }
  });

  it("finds the same in a volume and in the same volume with other axes", async () => {
    const masks = await Promise.all(
      ["sagittal", "series"].map((name) => readScan(at("volumes", "masks", `${name}.nii.gz`))),
    );
    const [a, b] = masks.map((mask) => reorient(mask));
    expect(a?.shape).toEqual(b?.shape);
    const differing = a?.data.filter((value, i) => value !== b?.data[i]).length ?? NaN;
    // DICOM and NIfTI have Hounsfield units as whole numbers; nothing else may differ.
    expect(differing).toBe(0);
    expect(a?.data.includes(1)).toBe(true);
  });
});

describe("dira predict, images", () => {
  it("writes masks of the images' own sizes, and overlays", async () => {
    expect(await predict("montgomery", "images", "lungs")).toMatch(/3 images of /);
    const rows = rowsOf("lungs", "masks.csv");
    expect(rows.map(({ mask }) => mask)).toEqual(["masks/0.png", "masks/1.png", "masks/2.png"]);
    for (const { image = "", mask = "", pixels, unit } of rows) {
      const [own, made] = [await readScan(at("images", image)), await readScan(at("lungs", mask))];
      expect(made.shape).toEqual(own.shape);
      expect(made.data.every((value) => value <= 1)).toBe(true);
      expect(sumOf(made.data)).toBe(Number(pixels));
      expect(unit).toBe("pixels");
    }
    expect((await sharp(at("lungs", "overlays", "0.png")).metadata()).channels).toBe(3);
  });

  it("writes probabilities of labels, from the views that the run's test takes", async () => {
    await said("data", "phantoms", "--out", at("xrays"), "--count", "4", "--size", "48");
    expect(await predict("chestx-ray14", "xrays", "labels")).toMatch(/4 images of /);
    const tested = ["--data", at("xrays"), "--split", "all", "--out", at("xrays.json")];
    await said("evaluate", at("chestx-ray14"), ...tested);
    const [found, expected] = [
      rowsOf("labels", "predictions.csv"),
      rowsOf("xrays-predictions.csv"),
    ];
    expect(found).toHaveLength(4);
    expect(Object.keys(found[0] ?? {})).toHaveLength(1 + 14);
    found.forEach((row, n) => expect(expected[n]).toMatchObject(row));
    expect(jsonOf("labels", "predict.json")).toMatchObject({ images: 4, unreadable: [] });
  });

  it("names images that can't be read, and refuses too many", async () => {
    const broken = at("broken");
    mkdirSync(broken);
    for (const i of [0, 1]) writeFileSync(join(broken, `${i}.png`), readFileSync(at("images", `${i}.png`))); // prettier-ignore
    writeFileSync(join(broken, "torn.png"), readFileSync(at("images", "0.png")).subarray(0, 200));
    expect(await predict("montgomery", "broken", "refused")).toMatch(
      /error: 1 of 3 images .*torn\.png/,
    );
    expect(existsSync(at("refused"))).toBe(false);
    const output = await predict("montgomery", "broken", "some", "--max-unreadable", "0.5");
    expect(output).toMatch(/torn\.png[^]*1 of 3 images are left out: unreadable/);
    expect(rowsOf("some", "masks.csv")).toHaveLength(2);
    expect(String(jsonOf("some", "predict.json")["unreadable"])).toMatch(/torn\.png/);
  });

  it("refuses what does not fit", async () => {
    expect(await predict("montgomery", "scans", "no")).toMatch(/has no images here or below/);
    expect(await predict("nowhere", "images", "no")).toMatch(/there is no .*config\.json/);
    expect(await predict("montgomery", "images", "images")).toMatch(/holds files already/);
    expect(await predict("montgomery", "images", "no", "--checkpoint", "dra")).toMatch(
      /best and last/,
    );
  });

  it("says so when weights give no numbers", async () => {
    const [path, kept] = [at("montgomery", "checkpoints", "last.safetensors"), at("kept")];
    const bytes = readFileSync(path);
    writeFileSync(kept, bytes);
    const { tensors, metadata } = decodeSafetensors(bytes);
    for (const [name, { data }] of Object.entries(tensors)) {
      if (name.endsWith("conv1.weight")) (data as Float32Array).fill(NaN);
    }
    writeFileSync(path, encodeSafetensors(tensors, metadata));
    const output = await predict("montgomery", "images", "nan", "--checkpoint", "last");
    expect(output).toMatch(/error: The network's prediction for 0\.png is no number/);
    writeFileSync(path, readFileSync(kept));
  });
});

describe("dira evaluate, a run of finetune", () => {
  it("tests its best weights as the run did", async () => {
    for (const task of ["montgomery", "lits", "chestx-ray14"]) {
      const out = at(`${task}-again.json`);
      expect(await said("evaluate", at(task), "--out", out)).toMatch(/test: /);
      expect(jsonOf(`${task}-again.json`)).toEqual(jsonOf(task, "test.json"));
    }
    const table = readFileSync(at("chestx-ray14-again-predictions.csv"), "utf8");
    expect(table).toBe(readFileSync(at("chestx-ray14", "predictions.csv"), "utf8"));
  });

  it("tests on another set, and on other splits; refuses what is of pre-training", async () => {
    const output = await said("evaluate", at("lits"), "--split", "all", "--out", at("all.json"));
    expect(output).toMatch(/7 to test; liver/);
    expect(jsonOf("all.json")).toMatchObject({ images: 7, metric: "iou" });
    expect(await said("evaluate", at("lits"), "--data", at("scans"))).toMatch(
      /error: .*volume-0\.nii/,
    );
    writeFileSync(at("notes.txt"), "mine");
    const over = await said("evaluate", at("lits"), "--out", at("notes.txt"));
    expect(over).toMatch(/error: --out: .*notes\.txt is there and is no evaluation/);
    expect(readFileSync(at("notes.txt"), "utf8")).toBe("mine");
    expect(await said("evaluate", at("lits"), "--draws", "2")).toMatch(
      /--draws is of runs of pretrain/,
    );
    expect(await said("evaluate", at("lits"), at("lits"))).toMatch(/tested by itself/);
  });
});

describe("names of files", () => {
  it("are each another, of plain letters, without folders", async () => {
    const ids = ["a/b.png", "a_b.jpg", "../x.nii.gz", "scan 1.mha", "/data/LIDC-IDRI-0001/series", "A/B.png"]; // prettier-ignore
    const nameOf = fileNamer();
    expect(nameOf("a.png", "No finding")).toBe("a-No_finding");
    expect(ids.map((id) => nameOf(id))).toEqual(["a_b", "a_b-2", "x", "scan_1", "data_LIDC-IDRI-0001_series", "A_B-3"]); // prettier-ignore
  });
});
