import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fresh, samples } from "../../test/dicom.ts";
import {
  listDicomSeries,
  readDicomHeader,
  readDicomSeries,
  readScan,
  type Scan,
  writeDicomSeries,
} from "../index.ts";

const volume: Scan = {
  data: Int16Array.from({ length: 5 * 3 * 4 }, (_, i) => i * 50 - 1000),
  shape: [5, 3, 4],
  spacing: [2.5, 0.75, 0.5],
  origin: [-100, -50.5, 30],
  direction: [
    [0, 0, 1],
    [0, 1, 0],
    [1, 0, 0],
  ],
};

describe("DICOM series, examples", () => {
  it("is sorted by position, whatever the names, with its place from the positions", async () => {
    const at = fresh();
    const paths = await writeDicomSeries(at, volume, {
      elements: [["00180050", "DS", "99"]],
    });
    // The first file gets the last name.
    writeFileSync(join(at, "zzz"), readFileSync(paths[0] as string));
    rmSync(paths[0] as string);
    writeFileSync(join(at, "readme.txt"), "no DICOM");
    expect(await readScan(at)).toEqual(volume);
    const [headers] = [...(await listDicomSeries(at)).values()];
    expect(headers).toHaveLength(5);
  });

  it("goes along row × column, also where slices were taken downwards", async () => {
    const direction = [
      [0, 0, -1],
      [0, 1, 0],
      [1, 0, 0],
    ];
    const at = fresh();
    await writeDicomSeries(at, { ...volume, direction });
    const scan = await readScan(at);
    expect(scan.direction).toEqual(volume.direction);
    expect(scan.origin).toEqual([-100, -50.5, 20]);
    expect([...scan.data.subarray(0, 12)]).toEqual([...volume.data.subarray(48, 60)]);
  });

  it("tells gaps, doubles, sizes and several series", async () => {
    const gap = fresh();
    const paths = await writeDicomSeries(gap, volume);
    rmSync(paths[2] as string);
    await expect(readScan(gap)).rejects.toThrow(/0001.dcm and .*0003.dcm are 5.000 mm apart/);
    const double = fresh();
    const [first] = await writeDicomSeries(double, volume);
    writeFileSync(join(double, "copy.dcm"), readFileSync(first as string));
    await expect(readScan(double)).rejects.toThrow(/at the same place/);
    const sizes = fresh();
    await writeDicomSeries(sizes, volume);
    const odd = { ...volume, shape: [1, 6, 2], data: volume.data.slice(0, 12) };
    const [other] = await writeDicomSeries(fresh(), odd);
    writeFileSync(join(sizes, "odd.dcm"), readFileSync(other as string));
    await expect(readScan(sizes)).rejects.toThrow(/odd.dcm has 6 × 2 pixels, .* has 3 × 4/);
    const two = fresh();
    await writeDicomSeries(two, volume);
    const [second] = await writeDicomSeries(fresh(), volume, { series: "1.2.3" });
    writeFileSync(join(two, "second.dcm"), readFileSync(second as string));
    await expect(readScan(two)).rejects.toThrow(/found .*\(5 files\), 1.2.3 \(1 files\)/);
    expect((await readDicomSeries(two, { series: "1.2.3" })).shape).toEqual([1, 3, 4]);
  });

  it("reads real slices: a brain of 20", async () => {
    const scan = await readScan(join(samples, "volume"));
    expect(scan.shape).toEqual([20, 256, 256]);
    expect(scan.spacing?.[0]).toBeCloseTo(7, 2);
    expect(scan.spacing?.slice(1)).toEqual([0.859375, 0.859375]);
  });

  it("says what a header holds", async () => {
    const [path] = await writeDicomSeries(fresh(), volume, { patient: "P7", modality: "MR" });
    const header = await readDicomHeader(path as string);
    expect(header).toMatchObject({
      patientId: "P7",
      modality: "MR",
      rows: 3,
      columns: 4,
      position: [-100, -50.5, 30],
      orientation: [1, 0, 0, 0, 1, 0],
      pixelSpacing: [0.75, 0.5],
      sopInstanceUid: `${header.seriesInstanceUid}.1`,
    });
    expect(header.text("(0008,0060)")).toBe("MR");
    expect(header.text("00081030")).toBeUndefined();
  });
});

describe("DICOM series, laws", () => {
  it("series come back as they were written, in any direction", async () => {
    const places = fc.record({
      spacing: fc.array(fc.constantFrom(0.5, 0.625, 1, 3), { minLength: 3, maxLength: 3 }),
      origin: fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 3, maxLength: 3 }),
      turn: fc.integer({ min: 0, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(places, async ({ turn, ...place }) => {
        // Row × column is the slices' direction in each.
        const axes = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (j === (2 - i + turn) % 3 ? 1 : 0)));
        const scan = { ...volume, ...place, direction: axes };
        const at = fresh();
        await writeDicomSeries(at, scan);
        expect(await readScan(at)).toEqual(scan);
      }),
      { numRuns: 20 },
    );
  });
});
