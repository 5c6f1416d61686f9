import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sharedData } from "../../test/shared-data.ts";
import {
  tempFolder,
  write,
  writeDicom,
  writeImage,
  writeMetaImage,
  writeNifti,
} from "../../test/write-scans.ts";
import { openDataSet, scanFolder } from "../index.ts";
import { shrink } from "./shrink.ts";

const grey = (value: number): Uint8Array => new Uint8Array(64).fill(value);
const PLACE = { shape: [2, 3, 4], spacing: [1, 1, 2], origin: [0, 0, 0] } as const;
const volume = Int16Array.from({ length: 24 }, (_, i) => i - 5);

const slice = (sop: string, modality: string, z: number): Parameters<typeof writeDicom>[2] => ({
  rows: 3,
  columns: 4,
  modality,
  sopInstanceUid: sop,
  seriesInstanceUid: "1.9",
  position: [0, 0, z],
  pixelSpacing: [1, 1],
});

describe("scanFolder, examples", () => {
  it("links to images count; links to nothing and macOS's ._ files do not", async () => {
    const [folder, elsewhere] = [tempFolder(), tempFolder()];
    await writeImage(join(elsewhere, "far.png"), grey(7), 8);
    await writeImage(join(folder, "near.png"), grey(9), 8);
    symlinkSync(join(elsewhere, "far.png"), join(folder, "link.png"));
    symlinkSync(join(elsewhere, "gone.png"), join(folder, "broken.png"));
    writeFileSync(join(folder, "._near.png"), "");
    const set = scanFolder(folder);
    expect([0, 1].map((i) => set.id(i))).toEqual(["link.png", "near.png"]);
    expect(set.length).toBe(2);
  });

  it("fewer than ten images have no val split; none has a test split", async () => {
    const folder = tempFolder();
    for (let i = 0; i < 9; i += 1) await writeImage(join(folder, `${i}.png`), grey(i), 8);
    const set = scanFolder(folder);
    expect([set.splits, scanFolder(folder, { split: "train" }).length]).toEqual([["train"], 9]);
    expect(() => scanFolder(folder, { split: "val" })).toThrow(/has 9 images, .*: 10 are needed/);
    await writeImage(join(folder, "9.png"), grey(9), 8);
    const val = scanFolder(folder, { split: "val" });
    expect([val.splits, val.length, val.id(0)]).toEqual([["train", "val"], 1, "9.png"]);
    expect(() => scanFolder(folder, { split: "test" })).toThrow(
      /has no test split: .*train and val/,
    );
  });

  it("lists divide it, and are checked", async () => {
    const folder = tempFolder();
    for (let i = 0; i < 4; i += 1)
      await writeImage(join(folder, "images", `${i} a.png`), grey(i), 8);
    const lists = tempFolder();
    writeFileSync(join(lists, "test_list.txt"), "images/2 a.png\r\nimages/0 a.png\n\n");
    const set = scanFolder(folder, { lists, split: "test" });
    expect([set.splits, set.id(0), set.id(1)]).toEqual([
      ["test"],
      "images/0 a.png",
      "images/2 a.png",
    ]);
    expect(scanFolder(folder, { lists }).length).toBe(4);
    expect(() => scanFolder(folder, { lists, split: "val" })).toThrow(
      /There is no .*val_list\.txt/,
    );
    writeFileSync(join(lists, "val_list.txt"), "images/9 a.png\n");
    expect(() => scanFolder(folder, { lists, split: "val" })).toThrow(
      /val_list\.txt names 1 images that are not there, the first: images\/9 a\.png/,
    );
    writeFileSync(join(lists, "val_list.txt"), "\n");
    expect(() => scanFolder(folder, { lists, split: "val" })).toThrow(/names no image/);
  });

  it("folders name classes, the same in all splits", async () => {
    const folder = tempFolder();
    for (const name of ["train/b/1", "train/a/2", "val/b/3", "test/c/4"])
      await writeImage(join(folder, `${name}.png`), grey(1), 8);
    const train = scanFolder(folder, { classes: true, split: "train" });
    expect([train.labelNames, train.labels?.(0), train.labels?.(1)]).toEqual([
      ["a", "b", "c"],
      [1, 0, 0],
      [0, 1, 0],
    ]);
    const test = scanFolder(folder, { classes: true, split: "test" });
    expect([test.id(0), test.labels?.(0)]).toEqual(["test/c/4.png", [0, 0, 1]]);
    expect(() => scanFolder(join(folder, "test"), { classes: true })).toThrow(
      /lie in folders named c: `classes` needs a folder a class/,
    );
  });

  it("volumes of all formats, DICOM series as one", async () => {
    const folder = tempFolder();
    writeNifti(join(folder, "a", "one.nii.gz"), volume, PLACE);
    writeMetaImage(join(folder, "b", "two.mhd"), volume, PLACE);
    for (const z of [0, 1]) {
      const data = volume.subarray(12 * z, 12 * z + 12);
      writeDicom(join(folder, "c", `${1 - z}.dcm`), data, slice(`1.${z}`, "CT", 2 * z));
    }
    const set = openDataSet(folder);
    expect([set.layout, set.spatialRank, set.length]).toEqual(["folder", 3, 3]);
    expect([0, 1, 2].map((i) => set.id(i))).toEqual([
      join("a", "one.nii.gz"),
      join("b", "two.mhd"),
      "c",
    ]);
    for (const i of [0, 1, 2]) {
      const scan = await set.read(i, 1);
      expect([scan.shape, scan.spacing, [...scan.data]]).toEqual([
        [2, 3, 4],
        [2, 1, 1],
        [...volume],
      ]);
    }
  });

  it("X-rays in DICOM are images, also several in a folder; both kinds need a word", async () => {
    const folder = tempFolder();
    for (const n of [0, 1]) {
      writeDicom(join(folder, `${n}.dcm`), grey(n).subarray(0, 12), slice(`1.${n}`, "DX", 0));
    }
    await writeImage(join(folder, "2.png"), grey(9), 8);
    expect([openDataSet(folder).spatialRank, openDataSet(folder).length]).toEqual([2, 3]);
    writeNifti(join(folder, "volume.nii"), volume, PLACE);
    expect(() => openDataSet(folder)).toThrow(/has 3 images and 1 volumes .*spatialRank 2 or 3/);
    const volumes = scanFolder(folder, { spatialRank: 3 });
    expect(volumes.length).toBe(1);
    expect(volumes.warnings).toEqual([expect.stringMatching(/^3 images in .* are left out\.$/)]);
    expect(openDataSet(folder, { kind: "folder", spatialRank: 2 }).length).toBe(3);
  });

  it("images with masks of the same name beside them", async () => {
    const folder = tempFolder();
    for (const n of [0, 1, 2]) await writeImage(join(folder, "images", `${n}.jpg`), grey(80), 8);
    for (const n of [0, 1]) await writeImage(join(folder, "masks", `${n}.png`), grey(255 * n), 8);
    const set = openDataSet(folder);
    expect([set.layout, set.length, set.maskNames]).toEqual(["images and masks", 3, ["mask"]]);
    expect([...((await set.mask?.(1))?.data ?? [])]).toEqual([...grey(1)]);
    expect((await set.mask?.(0))?.data.includes(1)).toBe(false);
    expect(await set.mask?.(2)).toBeUndefined();
    expect(set.warnings?.[0]).toMatch(/1 of 3 images have no mask/);
  });

  it("every tenth is for validation", async () => {
    const folder = tempFolder();
    for (let n = 0; n < 12; n += 1) await writeImage(join(folder, `${n + 10}.png`), grey(n), 8);
    const [train, val] = (["train", "val"] as const).map((split) => openDataSet(folder, { split }));
    expect([train?.length, val?.length, val?.id(0)]).toEqual([11, 1, "19.png"]);
  });

  it("openDataSet says which kinds there are, and what is not there", () => {
    const kind = "ctpa" as "lits";
    expect(() => openDataSet(tempFolder(), { kind })).toThrow(
      /no data set kind ctpa, only chest-x/,
    );
    expect(() => openDataSet("/nonexistent", { kind: "lits" })).toThrow(/does not exist/);
    const misspelt = { kind: "lits", targt: "liver" } as const;
    expect(() => openDataSet(tempFolder(), misspelt)).toThrow(
      "Data sets of kind lits have no option `targt`, only split, missing, target.",
    );
    const file = join(tempFolder(), "x.txt");
    write(file, "text");
    expect(() => openDataSet(file)).toThrow(/is not a folder/);
  });
});

describe("shrink, laws", () => {
  it("keeps the mean of a whole reduction, the range of any, and the sides' ratio", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 24 }),
        fc.integer({ min: 2, max: 24 }),
        fc.integer({ min: 1, max: 30 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 1000 })),
        (height, width, side, stream) => {
          const data = Float32Array.from([...stream.take(height * width)]);
          const small = shrink({ data, shape: [height, width], spacing: [1, 2] }, side);
          const [rows, columns] = small.shape as [number, number];
          expect(Math.min(rows, columns)).toBe(Math.min(side, height, width));
          expect(small.data.every((v) => v >= Math.min(...data) - 1e-3)).toBe(true);
          expect(small.data.every((v) => v <= Math.max(...data) + 1e-3)).toBe(true);
          expect((small.spacing?.[0] ?? 0) * rows).toBeCloseTo(height, 4);
          const mean = (a: Float32Array): number => a.reduce((sum, v) => sum + v, 0) / a.length;
          expect(mean(small.data)).toBeCloseTo(mean(data), 1);
        },
      ),
      { numRuns: 50 },
    );
  });
});

const lungs = sharedData("lungs");
const ct = sharedData("ct");

describe.skipIf(lungs === undefined)("real lung masks, whole runs", () => {
  it("200 X-rays, each with a mask of its shape that covers a part", async () => {
    const set = openDataSet(lungs ?? "");
    expect([set.layout, set.length, set.warnings]).toEqual(["images and masks", 200, []]);
    for (const i of [0, 50, 199]) {
      const [image, mask] = [await set.read(i), await set.mask?.(i)];
      expect(mask?.shape).toEqual(image.shape);
      const share = (mask?.data.reduce((a, b) => a + b, 0) ?? 0) / image.data.length;
      expect(share).toBeGreaterThan(0.08);
      expect(share).toBeLessThan(0.6);
    }
  });
});

describe.skipIf(ct === undefined)("a real chest CT, whole runs", () => {
  it("is a volume with its spacing", async () => {
    const set = openDataSet(ct ?? "");
    expect([set.spatialRank, set.length]).toEqual([3, 1]);
    const scan = await set.read(0);
    expect(scan.shape).toEqual([133, 256, 256]);
    expect(scan.spacing?.map((mm) => Math.round(100 * mm) / 100)).toEqual([2.5, 1.41, 1.41]);
  });
});
