import { writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { fresh, image } from "../../test/dicom.ts";
import { dicomBytes, type DicomElement, readScan } from "../index.ts";
import { shareOf } from "./dicom-values.ts";

describe("DICOM's values, examples", () => {
  it("takes only the stored bits, with their sign", async () => {
    const signed = await readScan(image([0xf001, 0x0fff, 0x0800, 0x07ff], [["00280103", "US", 1]]));
    expect([...signed.data]).toEqual([1, -1, -2048, 2047]);
    expect([...(await readScan(image([0xf001, 0x0fff], []))).data]).toEqual([1, 4095]);
    const high = await readScan(image([0x0010, 0xfff0], [["00280102", "US", 15]]));
    expect([...high.data]).toEqual([1, 4095]);
  });

  it("rescales: whole values stay whole, others are rounded once", async () => {
    const ct = image(
      [0, 24, 1064],
      [
        ["00281052", "DS", "-1024"],
        ["00281053", "DS", "1"],
      ],
    );
    expect((await readScan(ct)).data).toEqual(Int16Array.of(-1024, -1000, 40));
    const pet = image([0, 1, 3], [["00281053", "DS", "0.1"]]);
    expect((await readScan(pet)).data).toEqual(Float32Array.of(0, 0.1, 0.1 * 3));
  });

  it("turns MONOCHROME1 round, so that more is brighter", async () => {
    const inverted: DicomElement[] = [["00280004", "CS", "MONOCHROME1"]];
    expect([...(await readScan(image([0, 1, 4095], inverted))).data]).toEqual([4095, 4094, 0]);
    const path = image([0, 4095], inverted);
    expect([...(await readScan(path, { window: "range" })).data]).toEqual([65_535, 0]);
  });

  it("windows as PS3.3 C.11.2.1.2 says", async () => {
    // Its example: c = 2048, w = 4096, and c = 0, w = 100.
    const twelve = { center: 2048, width: 4096 };
    expect([0, 4095].map((v) => shareOf(v, twelve))).toEqual([0, 1]);
    const hundred = { center: 0, width: 100 };
    expect([-51, -50, 49, 50].map((v) => shareOf(v, hundred))).toEqual([0, 0, 1, 1]);
    expect(shareOf(0, hundred)).toBeCloseTo(0.5 + 0.5 / 99, 12);
    expect(shareOf(7, { center: 7, width: 3, shape: "SIGMOID" })).toBe(0.5);
    const path = image(
      [0, 1024, 2048],
      [
        ["00281050", "DS", "1024.5\\50"],
        ["00281051", "DS", "1025\\300"],
      ],
    );
    expect([...(await readScan(path, { window: "file" })).data]).toEqual([0, 32_768, 65_535]);
    const own = await readScan(path, { window: { center: 1024.5, width: 2 } });
    expect([...own.data]).toEqual([0, 32_768, 65_535]);
  });

  it("counts an inflated file against the bound", async () => {
    const elements: DicomElement[] = [["7FE00010", "OB", Buffer.alloc(64 * 2 ** 20)]];
    const plain = dicomBytes(elements);
    const empty = dicomBytes([]);
    const meta = dicomBytes([], "1.2.840.10008.1.2.1.99");
    const path = `${fresh()}.dcm`;
    writeFileSync(path, Buffer.concat([meta, deflateRawSync(plain.subarray(empty.length))]));
    await expect(readScan(path, { maxBytes: 2 ** 20 })).rejects.toThrow(
      /larger than 1048576 bytes/,
    );
  });
});
