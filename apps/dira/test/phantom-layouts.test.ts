import { rmSync } from "node:fs";
import { dataSetKind, type ImageSet, type Scan } from "@dira/data";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PHANTOM_LAYOUTS } from "../src/data-commands/phantom-layouts/index.ts";
import { bytesOf, indices, SPLITS, written, type WrittenPhantoms } from "./written-phantoms.ts";

const patientsOf = (set: ImageSet): Set<string> =>
  new Set(indices(set).map((i) => set.patient?.(i) ?? ""));

/** Layouts that keep more than pixels. */
const PLACED = ["luna", "lidc", "lits", "brats"];
const MASKED = ["siim-acr", "montgomery", "lidc", "lits", "brats"];
const LABELLED = ["chest-xray14", "siim-acr", "montgomery", "pe-cad"];

describe.each(Object.keys(PHANTOM_LAYOUTS))("phantoms as %s", { timeout: 120_000 }, (kind) => {
  let phantoms: WrittenPhantoms;
  beforeAll(async () => {
    phantoms = await written(kind);
  }, 120_000);
  afterAll(() => rmSync(phantoms.folder, { recursive: true }));

  it("are recognised, and each split has patients of its own", () => {
    expect(dataSetKind(phantoms.folder)).toBe(phantoms.layout.kind);
    const sets = SPLITS.map((split) => phantoms.open(split));
    const all = phantoms.open();
    expect(sets.reduce((sum, { length }) => sum + length, 0)).toBe(all.length);
    const patients = sets.map((set) => [...patientsOf(set)]);
    expect(patients.every((names) => names.length > 0)).toBe(true);
    expect(new Set(patients.flat()).size).toBe(patients.flat().length);
    expect(all.warnings ?? []).toEqual([]);
  });

  it("are all there, each of its own patient", () => {
    const { drawn, numberOf } = phantoms;
    const read = phantoms.whole();
    const numbers = indices(read).map((i) => numberOf(read.id(i)));
    expect([...numbers].sort((a, b) => a - b)).toEqual(indices(drawn));
    const pairs = numbers.map((number, i) => `${read.patient?.(i)} ${drawn.patient?.(number)}`);
    expect(new Set(pairs).size).toBe(patientsOf(read).size);
    expect(patientsOf(read).size).toBe(patientsOf(drawn).size);
  });

  it("are read as they were drawn: pixels, places, masks, labels", async () => {
    const { drawn, numberOf } = phantoms;
    const read = phantoms.whole();
    for (const i of indices(read)) {
      const number = numberOf(read.id(i));
      const [scan, truth] = [await read.read(i), await drawn.read(number)];
      expect(scan.shape).toEqual(truth.shape);
      if (kind === "chexpert") expectAlike(scan, truth);
      else expect(Buffer.compare(bytesOf(scan), bytesOf(truth))).toBe(0);
      if (PLACED.includes(kind)) {
        expectNear(scan.spacing, truth.spacing, 1e-5);
        expectNear(scan.origin, truth.origin, 1e-3);
      }
      if (MASKED.includes(kind)) {
        const [mask, wanted] = [await read.mask?.(i), await drawn.mask?.(number)];
        expect(Buffer.compare(bytesOf(mask as Scan), bytesOf(wanted as Scan))).toBe(0);
      }
      if (LABELLED.includes(kind)) expect(read.labels?.(i)).toEqual(drawn.labels?.(number));
    }
  });
});

/** JPEG loses a few of 255 levels. */
function expectAlike({ data }: Scan, truth: Scan): void {
  const apart = Array.from(data, (value, at) => Math.abs(value - (truth.data[at] as number)));
  expect(Math.max(...apart)).toBeLessThan(40);
  expect(apart.reduce((a, b) => a + b, 0) / apart.length).toBeLessThan(2);
}

function expectNear(
  found: readonly number[] = [],
  wanted: readonly number[] = [],
  within: number,
): void {
  expect(found.length).toBe(wanted.length);
  found.forEach((value, i) => expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(within));
}
