import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempFolder, write, writeMetaImage, writeNifti, writeNpy } from "../../test/write-scans.ts";
import { brats, type ImageSet, lits, luna16, npyCubes, openDataSet, peCad } from "../index.ts";

const indices = (set: ImageSet): number[] => Array.from({ length: set.length }, (_, i) => i);

const PLACE = { shape: [6, 8, 10], spacing: [0.5, 0.5, 2], origin: [-20, -30, -100] } as const;
const VOXELS = 6 * 8 * 10;
/** A volume whose value at [z, y, x] is 100 z + 10 y + x. */
const ramp = (add = 0): Int16Array =>
  Int16Array.from({ length: VOXELS }, (_, i) => {
    const [x, y, z] = [i % 10, Math.floor(i / 10) % 8, Math.floor(i / 80)];
    return 100 * z + 10 * y + x + add;
  });

function lunaFolder(): string {
  const folder = tempFolder();
  for (const [subset, series] of [
    [0, "1.a"],
    [5, "1.b"],
    [9, "1.c"],
  ] as const) {
    writeMetaImage(join(folder, `subset${subset}`, `${series}.mhd`), ramp(subset), PLACE);
  }
  // Voxel [3, 4, 5] lies at x = −17.5, y = −28, z = −94.
  const candidates = [
    "seriesuid,coordX,coordY,coordZ,class",
    "1.a,-17.5,-28,-94,1",
    "1.a,-20,-30,-100,0",
    "1.b,-17.5,-28,-94,0",
    "1.c,-17.5,-28,-94,1",
    "1.d,0,0,0,0",
  ];
  write(join(folder, "candidates_V2.csv"), candidates.join("\n"));
  const nodules = "seriesuid,coordX,coordY,coordZ,diameter_mm\n1.a,-17.5,-28,-94,2\n";
  write(join(folder, "annotations.csv"), nodules);
  return folder;
}

describe("luna16, examples", () => {
  it("cubes about candidates, by world position; subsets make the splits", async () => {
    const folder = lunaFolder();
    const train = openDataSet(folder, {
      kind: "luna16",
      split: "train",
      cube: { shape: [2, 3, 3] },
    });
    expect(openDataSet(folder, { split: "train" }).layout).toBe("luna16");
    expect([train.length, train.spatialRank]).toEqual([2, 3]);
    expect(indices(train).map((i) => train.labels?.(i))).toEqual([[1], [0]]);
    expect(train.patient?.(0)).toBe("1.a");
    const cube = await train.read(0);
    // An even number of slices has no middle: 3 and 4; rows 3 to 5, columns 4 to 6.
    const middle = [334, 335, 336, 344, 345, 346, 354, 355, 356];
    expect([...cube.data]).toEqual([...middle, ...middle.map((v) => v + 100)]);
    expect(cube.spacing).toEqual([2, 0.5, 0.5]);
    expect(cube.origin).toEqual([-18, -28.5, -94]);
    // At the border the nearest voxel goes on.
    expect((await train.read(1)).data[0]).toBe(0);
    for (const [split, series] of [
      ["val", "1.b"],
      ["test", "1.c"],
    ] as const) {
      const set = luna16(folder, { split });
      expect([set.length, set.patient?.(0)]).toEqual([1, series]);
      expect((await set.read(0)).shape).toEqual([32, 64, 64]);
    }
    expect(luna16(folder, { subsets: [0, 9] }).length).toBe(3);
  });

  it("resamples cubes to other voxels", async () => {
    const cube = { shape: [1, 1, 3], spacing: [1, 0.5, 0.25] };
    const set = luna16(lunaFolder(), { split: "train", cube });
    const { data, spacing, origin } = await set.read(0);
    // Between columns 4.5, 5 and 5.5, rounded to whole HU.
    expect([...data]).toEqual([345, 345, 346]);
    expect([spacing, origin]).toEqual([
      [1, 0.5, 0.25],
      [-17.75, -28, -94],
    ]);
  });

  it("volumes, with balls for nodules", async () => {
    const set = luna16(lunaFolder(), { items: "volumes" });
    expect(set.length).toBe(3);
    expect((await set.read(0)).shape).toEqual([6, 8, 10]);
    const mask = await set.mask?.(0);
    const on = [...(mask?.data.keys() ?? [])].filter((i) => mask?.data[i] === 1);
    // A radius of 1 mm: two voxels along rows and columns, none to the next slice.
    expect(on.length).toBe(13);
    expect(on).toContain(3 * 80 + 4 * 10 + 5);
    expect((await set.mask?.(1))?.data.includes(1)).toBe(false);
  });

  it("says what is missing", () => {
    const folder = lunaFolder();
    rmSync(join(folder, "subset9"), { recursive: true });
    expect(() => luna16(folder, { split: "test" })).toThrow(/none of subset7, subset8, subset9/);
    for (let i = 0; i < 10; i += 1) mkdirSync(join(folder, `subset${i}`), { recursive: true });
    expect(() => luna16(folder)).toThrow(
      /names 2 of 5 images that are not there \(1.c.mhd, 1.d.mhd/,
    );
    write(join(folder, "candidates_V2.csv"), "seriesuid,x\n1.a,3\n");
    expect(() => luna16(folder)).toThrow(/expected seriesuid, coordX, .* and class, got/);
    rmSync(join(folder, "candidates_V2.csv"));
    expect(() => luna16(folder)).toThrow(
      /no candidates_V2.csv or candidates.csv, which holds the c/,
    );
  });
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

describe("npyCubes and peCad, examples", () => {
  /** Two cubes of [y 4, x 3, z 2]; a value says where it is: 1000 n + 100 z + 10 y + x. */
  const cubes = (): Int16Array =>
    Int16Array.from({ length: 48 }, (_, i) => {
      const [z, x, y, n] = [
        i % 2,
        Math.floor(i / 2) % 3,
        Math.floor(i / 6) % 4,
        Math.floor(i / 24),
      ];
      return 1000 * n + 100 * z + 10 * y + x;
    });
  const turned = [0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32].flatMap((v, _, all) =>
    v === 0 ? [...all, ...all.map((one) => one + 100)] : [],
  );

  it("TransVW's files: cubes one at a time, slices first, classes as labels", async () => {
    const folder = tempFolder();
    const name = (kind: string): string => join(folder, `train_${kind}1_vwGen_ex_ref_fold1.0.npy`);
    writeNpy(name("data"), cubes(), [2, 4, 3, 2]);
    writeNpy(name("label"), BigInt64Array.from([2n, 0n]), [2, 1]);
    writeNpy(join(folder, "val_data1_vwGen_ex_ref_fold1.0.npy"), cubes(), [2, 4, 3, 2]);
    const set = openDataSet(folder, { split: "train" });
    expect([set.layout, set.length, set.splits]).toEqual(["npy-cubes", 2, ["train", "val"]]);
    const cube = await set.read(1);
    expect(cube.shape).toEqual([2, 4, 3]);
    expect([...cube.data]).toEqual(turned.map((v) => v + 1000));
    expect([set.labels?.(0), set.labels?.(1)]).toEqual([
      [0, 0, 1],
      [1, 0, 0],
    ]);
    const plain = npyCubes(folder, {
      axes: "zyx",
      classes: 44,
      spacing: [2, 1, 1],
      split: "train",
    });
    expect((await plain.read(0)).shape).toEqual([4, 3, 2]);
    expect((await plain.read(0)).spacing).toEqual([2, 1, 1]);
    expect(plain.labelNames?.length).toBe(44);
    expect(openDataSet(folder, { split: "val" }).labels).toBeUndefined();
    expect(npyCubes(folder).labels?.(2)).toEqual([NaN, NaN, NaN]);
  });

  it("says what does not fit", () => {
    const folder = tempFolder();
    writeNpy(join(folder, "a_data.npy"), cubes(), [2, 4, 3, 2]);
    writeNpy(join(folder, "a_label.npy"), Uint8Array.from([1]), [1]);
    expect(() => npyCubes(folder)).toThrow(/a_label.npy has 1 labels for the 2 cubes/);
    expect(() => npyCubes(folder, { split: "test" })).toThrow(/has no test_\*.npy/);
    const flat = tempFolder();
    writeNpy(join(flat, "b_data.npy"), cubes(), [8, 6]);
    expect(() => npyCubes(flat)).toThrow(/expected cubes, .* it is \[8, 6\]/);
  });

  it("candidates with a table: files of one cube and of many; folds, or splits by patient", async () => {
    const folder = tempFolder();
    writeNpy(join(folder, "all.npy"), cubes(), [2, 4, 3, 2]);
    writeNpy(join(folder, "one.npy"), cubes().subarray(0, 24), [4, 3, 2]);
    const rows = ["all.npy,0,1,p1,1", "all.npy,1,0,p2,2", "one.npy,,1,p3,3"];
    write(join(folder, "labels.csv"), ["file,item,label,patient,fold", ...rows].join("\n"));
    const set = openDataSet(folder);
    expect([set.layout, set.length]).toEqual(["pe-cad", 3]);
    expect(indices(set).map((i) => set.labels?.(i)[0])).toEqual([1, 0, 1]);
    expect([...(await set.read(1)).data]).toEqual(turned.map((v) => v + 1000));
    expect([...(await set.read(2)).data]).toEqual(turned);
    expect(peCad(folder, { split: "test" }).patient?.(0)).toBe("p3");
    expect(peCad(folder, { split: "test", testFold: 1 }).patient?.(0)).toBe("p1");
    write(join(folder, "labels.csv"), "file,item,label,patient\nall.npy,,1,p1\nno.npy,,1,p2\n");
    expect(() => peCad(folder)).toThrow(/names 1 of 2 images .*no.npy/);
    await expect((async () => peCad(folder, { missing: "skip" }).read(0))()).rejects.toThrow(
      /\[2, 4, 3, 2\], and its item is ""/,
    );
    write(join(folder, "labels.csv"), "file,label\nall.npy,1\n");
    expect(() => peCad(folder)).toThrow(/lacks the columns patient/);
  });

  it("a file of many cubes is not read as a whole", async () => {
    const folder = tempFolder();
    const path = join(folder, "x.npy");
    writeNpy(path, cubes(), [2, 4, 3, 2]);
    // The second cube is cut off: the first can still be read.
    write(path, readFileSync(path).subarray(0, -30));
    const set = npyCubes(folder);
    expect([...(await set.read(0)).data]).toEqual(turned);
    await expect(set.read(1)).rejects.toThrow(/x.npy/);
  });
});
