import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { indices } from "../../test/set-laws.ts";
import { tempFolder, write, writeMetaImage } from "../../test/write-scans.ts";
import { luna16, openDataSet } from "../index.ts";

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
    expect(() => luna16(folder)).toThrow(
      /lacks the columns coordX, coordY, coordZ, class; it has seriesuid, x/,
    );
    rmSync(join(folder, "candidates_V2.csv"));
    expect(() => luna16(folder)).toThrow(
      /no candidates_V2.csv or candidates.csv, which holds the c/,
    );
  });
});
