import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  cropCube,
  dataSetKind,
  type DataSetKind,
  type ImageSet,
  lidcIdri,
  luna16,
  makeFolder,
  openDataSet,
  phantomCandidates,
  phantomChestCt,
  phantomSet,
  type PhantomGrid,
  type Split,
  worldToIndex,
} from "@dira/data";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PHANTOM_LAYOUTS } from "../src/data-commands/phantom-layouts/index.ts";
import type { LayoutOptions, PhantomLayout } from "../src/data-commands/phantom-layouts/layout.ts";

const root = mkdtempSync(join(tmpdir(), "dira-phantom-layouts-"));
afterAll(() => rmSync(root, { recursive: true }));

const SPLITS = ["train", "val", "test"] as const;
const SEED = 3;
/** As many as by default, but small; SIIM-ACR's have one size. */
const SIZES: Readonly<Record<string, LayoutOptions["size"]>> = {
  "chest-xray14": 64,
  chexpert: 64,
  "siim-acr": 1024,
  montgomery: 64,
  luna: [24, 30, 36],
  "pe-cad": [8, 10, 12],
  lidc: [16, 32, 24],
  lits: [8, 16, 24],
  brats: [16, 24, 20],
};

const layoutOf = (kind: string): PhantomLayout => PHANTOM_LAYOUTS[kind] as PhantomLayout;
const optionsOf = (kind: string): LayoutOptions => ({
  count: kind === "siim-acr" ? 7 : layoutOf(kind).defaults.count,
  size: SIZES[kind] ?? 0,
  seed: SEED,
});
const open = (kind: string, split?: Split): ImageSet =>
  openDataSet(join(root, kind), {
    kind: layoutOf(kind).kind as Exclude<DataSetKind, "folder">,
    ...(split && { split }),
  });
const indices = ({ length }: ImageSet): number[] => Array.from({ length }, (_, i) => i);
const patientsOf = (set: ImageSet): Set<string> =>
  new Set(indices(set).map((i) => set.patient?.(i) ?? ""));

/** Number of the phantom that an image of a layout is, by its name. */
const numberOf: Readonly<Record<string, (id: string) => number>> = {
  "chest-xray14": (id) => {
    const [, patient, study] = /(\d{8})_(\d{3})\.png$/.exec(id) ?? [];
    return 2 * (Number(patient) - 1) + Number(study);
  },
  chexpert: (id) => Number(/patient(\d{5})/.exec(id)?.[1]) - 1,
  "siim-acr": (id) => Number(/\.(\d+)\.1\.1\.dcm$/.exec(id)?.[1]) - 1,
  montgomery: (id) => Number(/MCUCXR_(\d{4})/.exec(id)?.[1]) - 1,
  "pe-cad": (id) => {
    const [, patient, item] = /patient(\d{4})\.npy\[(\d)\]$/.exec(id) ?? [];
    return 4 * (Number(patient) - 1) + Number(item);
  },
  luna: (id) => Number(id.split(".").at(-1)) - 1,
  lidc: (id) => Number(/LIDC-IDRI-(\d{4})/.exec(id)?.[1]) - 1,
  // Seven to train, two to validate, three to test.
  lits: (id) => {
    const number = Number(/volume-(\d+)/.exec(id)?.[1]);
    return number < 100 ? number : number < 115 ? number - 100 + 7 : number - 115 + 9;
  },
  brats: (id) => Number(/TCIA00_(\d{3})_1/.exec(id)?.[1]) - 1,
};

/** The set that holds whole images, as they were written. */
function whole(kind: string): ImageSet {
  const folder = join(root, kind);
  if (kind === "luna") return luna16(folder, { items: "volumes" });
  return kind === "lidc" ? lidcIdri(folder, { items: "volumes" }) : open(kind);
}

describe.each(Object.keys(PHANTOM_LAYOUTS))("phantoms as %s", { timeout: 120_000 }, (kind) => {
  const options = optionsOf(kind);
  beforeAll(() => layoutOf(kind).write(makeFolder(join(root, kind)), options), 120_000);

  it("are recognised, and each split has patients of its own", () => {
    expect(dataSetKind(join(root, kind))).toBe(layoutOf(kind).kind);
    const sets = SPLITS.map((split) => open(kind, split));
    const all = open(kind);
    expect(sets.reduce((sum, { length }) => sum + length, 0)).toBe(all.length);
    const patients = sets.map((set) => [...patientsOf(set)]);
    expect(patients.every((names) => names.length > 0)).toBe(true);
    expect(new Set(patients.flat()).size).toBe(patients.flat().length);
    expect(all.warnings ?? []).toEqual([]);
  });

  it("are read as they were drawn: pixels, masks, labels, patients", async () => {
    const drawn = layoutOf(kind).phantoms(options);
    const read = whole(kind);
    const order = indices(read).map((i) => numberOf[kind]?.(read.id(i)) as number);
    expect([...order].sort((a, b) => a - b)).toEqual(indices(drawn));
    expect(patientsOf(read).size).toBe(patientsOf(drawn).size);
    const names = new Map<string, string>();
    for (const [i, number] of order.entries()) {
      const patient = read.patient?.(i) ?? "";
      const before = names.get(patient) ?? drawn.patient?.(number);
      expect(drawn.patient?.(number)).toBe(before);
      names.set(patient, before as string);
      const [scan, phantom] = [await read.read(i), await drawn.read(number)];
      expect(scan.shape).toEqual(phantom.shape);
      if (kind === "chexpert") {
        // JPEG loses a few of 255 levels.
        const apart = scan.data.map((value, at) => Math.abs(value - (phantom.data[at] as number)));
        expect(Math.max(...apart)).toBeLessThan(40);
        expect(apart.reduce((a, b) => a + b, 0) / apart.length).toBeLessThan(2);
      } else {
        expect(Buffer.compare(bytesOf(scan.data), bytesOf(phantom.data))).toBe(0);
      }
      if (phantom.spacing) {
        if (kind !== "pe-cad") expectNear(scan.spacing ?? [], phantom.spacing, 1e-5);
        if (kind !== "pe-cad") expectNear(scan.origin ?? [], phantom.origin ?? [], 1e-3);
      }
      if (kind !== "luna" && drawn.mask && kind !== "pe-cad") {
        const [mask, truth] = [await read.mask?.(i), await drawn.mask(number)];
        expect(Buffer.compare(mask?.data ?? Buffer.alloc(0), truth?.data as Uint8Array)).toBe(0);
      }
      if (kind !== "chexpert" && kind !== "luna" && drawn.labels) {
        expect(read.labels?.(i)).toEqual(drawn.labels(number));
      }
    }
  });
});

const bytesOf = (data: ImageSetData): Buffer =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength);
type ImageSetData = Awaited<ReturnType<ImageSet["read"]>>["data"];

function expectNear(found: readonly number[], wanted: readonly number[], within: number): void {
  expect(found.length).toBe(wanted.length);
  found.forEach((value, i) => expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(within));
}

describe("phantoms as chest-xray14", () => {
  it("have the release's eight findings' boxes, in pixels of 1024", () => {
    const [read, drawn] = [
      open("chest-xray14"),
      layoutOf("chest-xray14").phantoms(optionsOf("chest-xray14")),
    ];
    const boxed = ["Atelectasis", "Cardiomegaly", "Effusion", "Infiltration"];
    boxed.push("Mass", "Nodule", "Pneumonia", "Pneumothorax");
    let count = 0;
    for (const i of indices(read)) {
      const number = numberOf["chest-xray14"]?.(read.id(i)) as number;
      const wanted = (drawn.boxes?.(number) ?? [])
        .filter(({ label }) => boxed.includes(label))
        .map(({ label, box }) => ({ label, box: box.map((pixels) => 16 * pixels) }));
      expect(read.boxes?.(i)).toEqual(wanted);
      count += wanted.length;
    }
    expect(count).toBeGreaterThan(10);
  });

  it("have the release's tables", () => {
    const table = (name: string): string =>
      readFileSync(join(root, "chest-xray14", name), "utf8").split("\n")[0] ?? "";
    expect(table("Data_Entry_2017_v2020.csv")).toBe(
      "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]",
    );
    expect(table("BBox_List_2017.csv")).toBe("Image Index,Finding Label,Bbox [x,y,w,h],,,");
    expect(readdirSync(join(root, "chest-xray14")).sort()).toEqual([
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
    const { count, size, seed } = optionsOf("chexpert");
    const kind = "chexpert";
    const common = { kind, count, size, seed } as const;
    const reports = phantomSet({ ...common, uncertain: "multi-class" });
    const truths = phantomSet({ ...common, labelledBy: "radiologists" });
    const seen = new Set<number>();
    for (const split of SPLITS) {
      const raw = { kind, split, uncertain: "multi-class", unmentioned: "unknown" } as const;
      const set = openDataSet(join(root, kind), raw);
      const expected = split === "train" ? reports : truths;
      for (const i of indices(set)) {
        const number = numberOf["chexpert"]?.(set.id(i)) as number;
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
    const [read, drawn] = [open("siim-acr"), layoutOf("siim-acr").phantoms(optionsOf("siim-acr"))];
    const boxes = indices(read).map((i) => read.boxes?.(i) ?? []);
    expect(boxes).toEqual(
      indices(read).map((i) => drawn.boxes?.(numberOf["siim-acr"]?.(read.id(i)) as number)),
    );
    expect(boxes.flat().length).toBeGreaterThan(0);
  });
});

describe("phantoms as luna", () => {
  it("have candidates in nodules and in vessels away from them", async () => {
    const { count } = optionsOf("luna");
    const [candidates, volumes] = [open("luna"), whole("luna")];
    expect(candidates.length).toBe(6 * count);
    for (const i of [0, 1, 2]) {
      const scan = await volumes.read(i);
      const index = numberOf["luna"]?.(volumes.id(i)) as number;
      const scene = { seed: SEED, index, nodules: 2 };
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
        const { data } = await candidates.read(n);
        expect(Buffer.compare(bytesOf(data), bytesOf(cube.data))).toBe(0);
      }
    }
  });

  it("have balls where the nodules are, and each fold a CT of three", async () => {
    const { seed } = optionsOf("luna");
    const folder = join(root, "luna-fine");
    await layoutOf("luna").write(folder, { count: 3, size: [60, 90, 120], seed });
    const lengths = SPLITS.map((split) => openDataSet(folder, { kind: "luna16", split }).length);
    expect(lengths).toEqual([6, 6, 6]);
    const set = luna16(folder, { items: "volumes" });
    const scan = await set.read(0);
    const ball = (await set.mask?.(0))?.data as Uint8Array;
    const scene = { seed, index: numberOf["luna"]?.(set.id(0)) as number, nodules: 2 };
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
    const folder = join(root, "lidc");
    const drawn = layoutOf("lidc").phantoms(optionsOf("lidc"));
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
    const set = openDataSet(join(root, "lidc"), { kind: "lidc-idri", cube: { shape: [9, 9, 9] } });
    for (const i of indices(set)) expect(sumOf((await set.mask?.(i))?.data)).toBeGreaterThan(4);
  });
});

const sumOf = (data: Uint8Array = new Uint8Array()): number => data.reduce((a, b) => a + b, 0);
