import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { indices } from "../../test/set-laws.ts";
import { tempFolder, write, writeNpy } from "../../test/write-scans.ts";
import { npyCubes, openDataSet, peCad } from "../index.ts";

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
    writeNpy(join(folder, "a_label.npy"), Float32Array.from([0.5, 1]), [2]);
    expect(() => npyCubes(folder)).toThrow(/a_label.npy: .* whole numbers from 0, got 0.5/);
    writeNpy(join(folder, "a_label.npy"), Uint8Array.from([0, 3]), [2]);
    expect(() => npyCubes(folder, { classes: 3 })).toThrow(/from 0 to 2 \(`classes`\), got 3/);
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
