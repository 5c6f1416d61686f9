import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  cropCube,
  lidcIdri,
  luna16,
  makeFolder,
  openDataSet,
  phantomCandidates,
  phantomChestCt,
  type PhantomGrid,
  phantomSet,
  worldToIndex,
} from "@dira/data";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bytesOf,
  indices,
  SPLITS,
  sumOf,
  written,
  type WrittenPhantoms,
} from "./written-phantoms.ts";

const KINDS = ["chest-xray14", "chexpert", "siim-acr", "luna", "lidc"] as const;
const sets: Record<string, WrittenPhantoms> = {};
beforeAll(async () => {
  for (const kind of KINDS) sets[kind] = await written(kind);
}, 120_000);
afterAll(() => {
  for (const { folder } of Object.values(sets)) rmSync(folder, { recursive: true });
});
const of = (kind: (typeof KINDS)[number]): WrittenPhantoms => sets[kind] as WrittenPhantoms;

describe("phantoms as chest-xray14", () => {
  it("have the release's eight findings' boxes, as drawn, and in the table in pixels of 1024", () => {
    const { drawn, numberOf, ...phantoms } = of("chest-xray14");
    const read = phantoms.open();
    const boxed = ["Atelectasis", "Cardiomegaly", "Effusion", "Infiltration"];
    boxed.push("Mass", "Nodule", "Pneumonia", "Pneumothorax");
    let count = 0;
    for (const i of indices(read)) {
      const number = numberOf(read.id(i));
      const wanted = (drawn.boxes?.(number) ?? []).filter(({ label }) => boxed.includes(label));
      expect(read.boxes?.(i)).toEqual(wanted);
      count += wanted.length;
    }
    expect(count).toBeGreaterThan(10);
  });

  it("have the release's tables", () => {
    const table = (name: string): string =>
      readFileSync(join(of("chest-xray14").folder, name), "utf8").split("\n")[0] ?? "";
    expect(table("Data_Entry_2017_v2020.csv")).toBe(
      "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]",
    );
    expect(table("BBox_List_2017.csv")).toBe("Image Index,Finding Label,Bbox [x,y,w,h],,,");
    expect(readdirSync(of("chest-xray14").folder).sort()).toEqual([
      "BBox_List_2017.csv",
      "Data_Entry_2017_v2020.csv",
      "images",
      "test_list.txt",
      "train_val_list.txt",
    ]);
  });
});

describe("phantoms as chexpert", () => {
  it("have a report's labels in training, radiologists' in the others", () => {
    const { folder, options, numberOf } = of("chexpert");
    const kind = "chexpert";
    const common = { kind, ...options } as const;
    const reports = phantomSet({ ...common, uncertain: "multi-class" });
    const truths = phantomSet({ ...common, labelledBy: "radiologists" });
    const seen = new Set<number>();
    for (const split of SPLITS) {
      const raw = { kind, split, uncertain: "multi-class", unmentioned: "unknown" } as const;
      const set = openDataSet(folder, raw);
      const expected = split === "train" ? reports : truths;
      for (const i of indices(set)) {
        const number = numberOf(set.id(i));
        expect(set.labels?.(i)).toEqual(expected.labels?.(number));
        if (split === "train") for (const value of set.labels?.(i) ?? []) seen.add(value);
        // What a report is sure of is true.
        reports.labels?.(number).forEach((value, label) => {
          if (value >= 0) expect(truths.labels?.(number)[label]).toBe(value);
        });
      }
    }
    expect(seen).toEqual(new Set([1, 0, -1, NaN]));
  });
});

describe("phantoms as siim-acr", () => {
  it("have boxes about the pneumothorax", () => {
    const { drawn, numberOf, ...phantoms } = of("siim-acr");
    const read = phantoms.open();
    const boxes = indices(read).map((i) => read.boxes?.(i) ?? []);
    expect(boxes).toEqual(indices(read).map((i) => drawn.boxes?.(numberOf(read.id(i)))));
    expect(boxes.flat().length).toBeGreaterThan(0);
  });
});

describe("phantoms as luna", () => {
  it("have candidates in nodules and in vessels away from them", async () => {
    const { options, numberOf, ...phantoms } = of("luna");
    const [candidates, volumes] = [phantoms.open(), phantoms.whole()];
    expect(candidates.length).toBe(6 * options.count);
    for (const i of [0, 1, 2]) {
      const scan = await volumes.read(i);
      const index = numberOf(volumes.id(i));
      const scene = { seed: options.seed, index, nodules: 2 };
      const { nodules, vessels } = phantomCandidates(scene);
      const fine = (place: readonly [number, number, number]): ArrayLike<number> =>
        phantomChestCt(scene, gridOf(place)).findings.data;
      for (const { center } of nodules) expect(fine(center)[0]).toBe(1);
      for (const place of vessels) expect(fine(place)[0]).toBe(0);
      const places = [...nodules.map(({ center }) => center), ...vessels];
      const own = indices(candidates).filter(
        (n) => candidates.patient?.(n) === volumes.patient?.(i),
      );
      expect(own.map((n) => candidates.labels?.(n)[0])).toEqual([1, 1, 0, 0, 0, 0]);
      for (const [k, n] of own.entries()) {
        const cube = cropCube(scan, worldToIndex(scan, places[k] as readonly number[]));
        expect(Buffer.compare(bytesOf(await candidates.read(n)), bytesOf(cube))).toBe(0);
      }
    }
  });

  it("have balls where the nodules are, and each fold a CT of three", async () => {
    const { layout, numberOf, ...phantoms } = of("luna");
    const { seed } = phantoms.options;
    const folder = makeFolder(join(phantoms.folder, "finer"));
    await layout.write(folder, { count: 3, size: [60, 90, 120], seed });
    const lengths = SPLITS.map((split) => openDataSet(folder, { kind: "luna16", split }).length);
    expect(lengths).toEqual([6, 6, 6]);
    const set = luna16(folder, { items: "volumes" });
    const scan = await set.read(0);
    const ball = (await set.mask?.(0))?.data as Uint8Array;
    const scene = { seed, index: numberOf(set.id(0)), nodules: 2 };
    const { findings } = phantomChestCt(scene, scan as unknown as PhantomGrid);
    const both = ball.filter((value, at) => value === 1 && findings.data[at] === 1).length;
    // Nodules are ragged ellipsoids, and voxels are coarse.
    const dice = (2 * both) / (sumOf(ball) + findings.data.filter((v) => v === 1).length);
    expect(dice).toBeGreaterThan(0.7);
  });
});

/** One voxel of a millimetre about a place. */
const gridOf = (origin: readonly [number, number, number]): PhantomGrid => ({
  shape: [1, 1, 1],
  spacing: [1, 1, 1],
  origin,
});

describe("phantoms as lidc", () => {
  it("two readers agree with the mask, one draws more, one less", async () => {
    const { folder, drawn } = of("lidc");
    const sizes: number[][] = [];
    for (const consensus of [1, 2, 3, 4] as const) {
      const set = lidcIdri(folder, { items: "volumes", consensus });
      sizes.push(
        await Promise.all(indices(set).map(async (i) => sumOf((await set.mask?.(i))?.data))),
      );
    }
    const truths = await Promise.all(
      indices(drawn).map(async (i) => sumOf((await drawn.mask?.(i))?.data)),
    );
    expect([sizes[1], sizes[2]]).toEqual([truths, truths]);
    truths.forEach((size, i) => {
      expect(sizes[0]?.[i]).toBeGreaterThan(size);
      expect(sizes[3]?.[i]).toBeLessThan(size);
    });
  });

  it("nodules are in the middle of their cubes", async () => {
    const set = openDataSet(of("lidc").folder, { kind: "lidc-idri", cube: { shape: [9, 9, 9] } });
    for (const i of indices(set)) expect(sumOf((await set.mask?.(i))?.data)).toBeGreaterThan(4);
  });
});
