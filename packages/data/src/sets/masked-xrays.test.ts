import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectDisjoint, indices } from "../../test/set-laws.ts";
import { sharedData, sharedText } from "../../test/shared-data.ts";
import { tempFolder, write, writeDicom, writeImage } from "../../test/write-scans.ts";
import { montgomery, openDataSet, siimAcr } from "../index.ts";

const grey = (value: number): Uint8Array => new Uint8Array(64).fill(value);

function siimFolder(count: number): string {
  const folder = tempFolder();
  const pixels = new Uint8Array(1024 * 1024);
  const rows = ["ImageId, EncodedPixels"];
  for (let i = 0; i < count; i += 1) {
    const id = `1.2.276.0.${i}`;
    const path = join(folder, "dicom-images-train", `1.2.${i}`, `1.3.${i}`, `${id}.dcm`);
    writeDicom(path, pixels.fill(i), {
      rows: 1024,
      columns: 1024,
      modality: "CR",
      sopInstanceUid: id,
      seriesInstanceUid: `1.3.${i}`,
    });
    if (i === 0) rows.push(`${id}, 2 3`, `${id}, 1024 2`);
    else rows.push(`${id}, -1`);
  }
  write(join(folder, "train-rle.csv"), rows.join("\n"));
  return folder;
}

describe("siimAcr, examples", () => {
  it("reads DICOM, masks of several rows, labels, boxes; splits by study", async () => {
    const folder = siimFolder(9);
    const set = openDataSet(folder, { kind: "siim-acr" });
    expect(openDataSet(folder).layout).toBe("siim-acr");
    expect(indices(set).map((i) => set.labels?.(i)[0])).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0]);
    const mask = await set.mask?.(0);
    expect(mask?.shape).toEqual([1024, 1024]);
    const on = [...(mask?.data.keys() ?? [])].filter((at) => mask?.data[at] === 1);
    // Rows 2–4 of column 0, rows 0–1 of column 1.
    expect(on).toEqual([1, 1025, 2048, 3072, 4096]);
    expect(set.boxes?.(0)).toEqual([{ label: "Pneumothorax", box: [0, 0, 5, 2] }]);
    expect((await set.mask?.(1))?.data.includes(1)).toBe(false);
    expect((await set.read(4, 64)).shape).toEqual([64, 64]);
    expect(Number((await set.read(4, 64)).data[0])).toBe(4);
    const shares = { train: 0.6, val: 0.2, test: 0.2 };
    expectDisjoint(
      (["train", "val", "test"] as const).map((split) => siimAcr(folder, { split, shares })),
      set,
    );
  });

  it("says what is missing", () => {
    const folder = siimFolder(1);
    write(join(folder, "train-rle.csv"), "ImageId, EncodedPixels\n1.2.276.0.0, -1\nnone, -1\n");
    expect(() => siimAcr(folder)).toThrow(/names 1 of 2 images that are not there \(none.dcm\)/);
    expect(siimAcr(folder, { missing: "skip" }).length).toBe(1);
    write(join(folder, "train-rle.csv"), "Image,Pixels\n1,2\n");
    expect(() => siimAcr(folder)).toThrow(
      /lacks the columns ImageId, EncodedPixels; it has Image, P/,
    );
    expect(() => siimAcr(tempFolder())).toThrow(/train-rle.csv or stage_2_train.csv, which holds/);
  });
});

async function montgomeryFolder(count: number): Promise<string> {
  const folder = join(tempFolder(), "MontgomerySet");
  for (let i = 1; i <= count; i += 1) {
    const name = `MCUCXR_${String(i).padStart(4, "0")}_${i % 2}`;
    await writeImage(join(folder, "CXR_png", `${name}.png`), grey(i), 8);
    const left = grey(0).fill(255, 4, 8);
    const right = grey(0).fill(255, 0, 2);
    await writeImage(join(folder, "ManualMask", "leftMask", `${name}.png`), left, 8);
    await writeImage(join(folder, "ManualMask", "rightMask", `${name}.png`), right, 8);
    const reading = i % 2 === 1 && i > 1 ? "infiltrates" : "normal";
    const text = `Patient's Sex: F\nPatient's Age: 026Y\n${reading}\n`;
    write(join(folder, "ClinicalReadings", `${name}.txt`), text);
  }
  return folder;
}

describe("montgomery, examples", () => {
  it("reads images, left and right masks and labels; splits by patient; doubts a reading", async () => {
    const folder = await montgomeryFolder(8);
    const set = openDataSet(join(folder, ".."));
    expect([set.layout, set.length, set.spatialRank]).toEqual(["montgomery", 8, 2]);
    expect(set.labels?.(0)).toEqual([1]);
    expect(set.warnings?.length).toBe(1);
    expect(set.warnings?.[0]).toMatch(/MCUCXR_0001_1.txt contradicts the label 1/);
    expect((await set.read(2)).data[0]).toBe(3);
    const mask = await set.mask?.(0);
    expect([...(mask?.data.subarray(0, 9) ?? [])]).toEqual([2, 2, 0, 0, 1, 1, 1, 1, 0]);
    expect(mask?.shape).toEqual([8, 8]);
    expect(set.maskNames).toEqual(["left lung", "right lung"]);
    const shares = { train: 0.4, val: 0.3, test: 0.3 };
    expectDisjoint(
      (["train", "val", "test"] as const).map((split) => montgomery(folder, { split, shares })),
      set,
    );
  });

  it("says what is missing", async () => {
    const folder = await montgomeryFolder(2);
    rmSync(join(folder, "ManualMask", "leftMask", "MCUCXR_0002_0.png"));
    expect(() => montgomery(folder)).toThrow(/names 1 of 2 images .*MCUCXR_0002_0.png/);
    rmSync(join(folder, "ManualMask", "rightMask"), { recursive: true });
    expect(() => montgomery(folder)).toThrow(
      /has no rightMask, which holds masks of the right lung/,
    );
  });
});

const labels = sharedData("labels");
const dicom = sharedData("dicom/1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819.dcm");

describe.skipIf(dicom === undefined || labels === undefined)(
  "a real SIIM-ACR image, parity",
  () => {
    it("comes with its mask from the whole table", async () => {
      const folder = tempFolder();
      const id = dicom?.split(/[\\/]/).at(-1) ?? "";
      write(join(folder, "dicom-images-train", "s", "r", id), readFileSync(dicom ?? ""));
      const text = sharedText(join(labels ?? "", "siim-pneumothorax-train-rle.csv.gz"));
      write(join(folder, "train-rle.csv"), text);
      const set = siimAcr(folder, { missing: "skip" });
      expect(set.warnings?.[0]).toMatch(/names 12046 of 12047 images/);
      const image = await set.read(0);
      expect(image.shape).toEqual([1024, 1024]);
      expect((await set.mask?.(0))?.shape).toEqual([1024, 1024]);
      expect(set.labels?.(0)).toEqual([0]);
    });
  },
);
