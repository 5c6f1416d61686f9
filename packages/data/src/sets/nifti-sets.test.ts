import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { indices } from "../../test/set-laws.ts";
import { tempFolder, writeNifti } from "../../test/write-scans.ts";
import { brats, lits, openDataSet } from "../index.ts";

const PLACE = { shape: [6, 8, 10], spacing: [0.5, 0.5, 2], origin: [-20, -30, -100] } as const;
const VOXELS = 6 * 8 * 10;
/** A volume whose value at [z, y, x] is 100 z + 10 y + x. */
const ramp = (add = 0): Int16Array =>
  Int16Array.from({ length: VOXELS }, (_, i) => {
    const [x, y, z] = [i % 10, Math.floor(i / 10) % 8, Math.floor(i / 80)];
    return 100 * z + 10 * y + x + add;
  });

describe("lits, examples", () => {
  const labels = Uint8Array.from({ length: VOXELS }, (_, i) => i % 3);
  const make = (): string => {
    const folder = tempFolder();
    for (const n of [0, 99, 100, 115, 130]) {
      const batch = join(folder, n < 28 ? "Training Batch 1" : "Training Batch 2");
      writeNifti(join(batch, `volume-${n}.nii`), ramp(n), PLACE);
      writeNifti(join(batch, `segmentation-${n}.nii`), labels, PLACE);
    }
    return folder;
  };

  it("volumes with liver and lesions, split by number", async () => {
    const folder = make();
    const set = openDataSet(folder);
    expect([set.layout, set.length]).toEqual(["lits", 5]);
    expect(indices(set).map((i) => set.patient?.(i))).toEqual(["0", "99", "100", "115", "130"]);
    const sizes = (["train", "val", "test"] as const).map(
      (split) => lits(folder, { split }).length,
    );
    expect(sizes).toEqual([2, 1, 2]);
    const scan = await set.read(1);
    expect([...scan.data]).toEqual([...ramp(99)]);
    expect(scan.shape).toEqual([6, 8, 10]);
    expect(scan.spacing).toEqual([2, 0.5, 0.5]);
    expect((await set.mask?.(1))?.data).toEqual(labels);
    const liver = lits(folder, { target: "liver" });
    expect((await liver.mask?.(0))?.data).toEqual(labels.map((v) => Math.min(v, 1)));
    expect(liver.maskNames).toEqual(["liver"]);
  });

  it("says what is missing", async () => {
    const folder = make();
    writeNifti(join(folder, "Training Batch 1", "segmentation-0.nii"), ramp(), PLACE);
    await expect(lits(folder).mask?.(0)).rejects.toThrow(
      /a mask of 0, 1, 2 was expected, it has 3/,
    );
    rmSync(join(folder, "Training Batch 1", "segmentation-0.nii"));
    expect(() => lits(folder)).toThrow(/names 1 of 5 images .*\(segmentation-0.nii\)/);
    expect(lits(folder, { missing: "skip" }).length).toBe(4);
    expect(() => lits(tempFolder())).toThrow(/has no volume-0.nii/);
  });
});

describe("brats, examples", () => {
  const regions = Uint8Array.from({ length: VOXELS }, (_, i) => [0, 1, 2, 4][i % 4] as number);
  const make = (): string => {
    const folder = tempFolder();
    const cases = Array.from({ length: 8 }, (_, i) => `HGG/Brats18_TCIA0${i}_10${i}_1`);
    for (const name of [...cases, "LGG/Brats18_TCIA01_101_2"]) {
      const stem = join(folder, name, name.split("/")[1] ?? "");
      ["flair", "t1", "t1ce", "t2"].forEach((kind, i) => {
        writeNifti(`${stem}_${kind}.nii.gz`, ramp(i), PLACE);
      });
      writeNifti(`${stem}_seg.nii.gz`, regions, PLACE);
    }
    return folder;
  };

  it("one of four images with its regions; both scans of a patient fall into one split", async () => {
    const folder = make();
    const set = openDataSet(folder);
    expect([set.layout, set.length]).toEqual(["brats", 9]);
    expect((await set.read(0)).data[1]).toBe(1);
    expect((await brats(folder, { modality: "t2" }).read(0)).data[1]).toBe(4);
    expect((await set.mask?.(0))?.data).toEqual(regions);
    expect(set.maskNames?.[3]).toBe("enhancing tumour");
    const whole = brats(folder, { target: "whole" });
    expect((await whole.mask?.(0))?.data).toEqual(regions.map((v) => Math.min(v, 1)));
    expect(set.patient?.(1)).toBe("Brats18_TCIA01_101");
    expect(set.patient?.(8)).toBe(set.patient?.(1));
    const shares = { train: 0.5, val: 0.25, test: 0.25 };
    const sets = (["train", "val", "test"] as const).map((split) =>
      brats(folder, { split, shares }),
    );
    expect(sets.reduce((sum, one) => sum + one.length, 0)).toBe(9);
    const patients = sets.map((one) => new Set(indices(one).map((i) => one.patient?.(i))));
    expect(patients.reduce((sum, one) => sum + one.size, 0)).toBe(8);
  });

  it("says what is missing", () => {
    const folder = make();
    rmSync(join(folder, "LGG/Brats18_TCIA01_101_2/Brats18_TCIA01_101_2_seg.nii.gz"));
    expect(() => brats(folder)).toThrow(/names 1 of 9 images .*Brats18_TCIA01_101_2_seg/);
    expect(() => brats(tempFolder())).toThrow(/has no <case>_flair.nii.gz/);
  });
});
