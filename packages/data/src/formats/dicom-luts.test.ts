import { writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { fresh, image, sequence, words } from "../../test/dicom.ts";
import { tempFolder, write } from "../../test/write-scans.ts";
import { dicomBytes, type DicomElement, readScan, scanFolder } from "../index.ts";

const lut = (
  tag: string,
  [count, first, bits]: readonly [number, number, number],
  values: readonly number[],
  vr = "US",
): DicomElement =>
  sequence(tag, [
    ["00283002", vr, words(count, first, bits)],
    ["00283006", "OW", words(...values)],
  ]);

const MODALITY = "00283000";
const VOI = "00283010";
const MONOCHROME1: DicomElement = ["00280004", "CS", "MONOCHROME1"];

describe("look-up tables of the modality, examples", () => {
  it("take the place of slope and intercept; the ends go on", async () => {
    const table = lut(MODALITY, [3, 10, 16], [7, 500, 60_000]);
    const slope: DicomElement = ["00281053", "DS", "2"];
    const scan = await readScan(image([0, 10, 11, 12, 4095], [table, slope]));
    expect(scan.data).toEqual(Uint16Array.of(7, 7, 500, 60_000, 60_000));
  });

  it("of 8 bits give 8 bits; a first index below 0 counts for signed pixels", async () => {
    const table = lut(MODALITY, [3, -1, 8], [1, 2, 255], "SS");
    const signed: DicomElement = ["00280103", "US", 1];
    const scan = await readScan(image([-2, -1, 0, 1, 2], [table, signed]));
    expect(scan.data).toEqual(Uint8Array.of(1, 1, 2, 255, 255));
  });

  it("MONOCHROME1 is inverted behind the table, within its bits", async () => {
    const elements = [lut(MODALITY, [3, 0, 10], [0, 1, 1023]), MONOCHROME1];
    const path = image([0, 1, 2], elements);
    expect((await readScan(path)).data).toEqual(Uint16Array.of(1023, 1022, 0));
    const shown = await readScan(path, { window: "range" });
    expect([...shown.data]).toEqual([65_535, Math.round((1022 / 1023) * 65_535), 0]);
  });

  it("go before a window", async () => {
    const elements: DicomElement[] = [
      lut(MODALITY, [2, 0, 16], [100, 200]),
      ["00281050", "DS", "150.5"],
      ["00281051", "DS", "101"],
    ];
    const { data } = await readScan(image([0, 1], elements), { window: "file" });
    expect([...data]).toEqual([0, 65_535]);
  });

  it.each<[string, DicomElement, RegExp]>([
    [
      "fewer entries than it says",
      lut(MODALITY, [9, 0, 16], [1, 2]),
      /expected 9 entries, it has 4 bytes/,
    ],
    ["1 bit an entry", lut(MODALITY, [2, 0, 1], [1, 2]), /8 to 16 bits an entry, got 1/],
    [
      "no values",
      sequence(MODALITY, [["00283002", "US", words(1, 0, 8)]]),
      /lacks its descriptor or its/,
    ],
    [
      "a short descriptor",
      sequence(MODALITY, [
        ["00283002", "US", words(1)],
        ["00283006", "OW", words(1)],
      ]),
      /lacks its descr/,
    ],
  ])("with %s are refused", async (_, table, message) => {
    await expect(readScan(image([1], [table]))).rejects.toThrow(message);
    await expect(readScan(image([1], [table]))).rejects.toThrow(
      /look-up table \(0028,3002\) is dam/,
    );
  });
});

describe("VOI look-up tables, examples", () => {
  const voi = lut(VOI, [3, 1, 10], [0, 1023, 512]);
  const window: DicomElement[] = [
    ["00281050", "DS", "2"],
    ["00281051", "DS", "2"],
  ];

  it("are applied on request, rather than the window", async () => {
    const path = image([0, 1, 2, 3, 9], [voi, ...window]);
    expect([...(await readScan(path)).data]).toEqual([0, 1, 2, 3, 9]);
    const half = Math.round((512 / 1023) * 65_535);
    const shown = await readScan(path, { window: "file" });
    expect([...shown.data]).toEqual([0, 0, 65_535, half, half]);
    const own = await readScan(path, { window: { center: 4.5, width: 10 } });
    expect(own.data[4]).toBe(65_535);
  });

  it("take values of the modality, below 0 too where an intercept makes them so", async () => {
    const elements = [lut(VOI, [2, -5, 8], [0, 255], "SS"), ["00281052", "DS", "-10"]] as const;
    const { data } = await readScan(image([0, 5, 6], elements), { window: "file" });
    expect([...data]).toEqual([0, 0, 65_535]);
  });
});

/** A red ramp, a green one that falls, and blue at half. */
function palette(bits: number, scale: number): DicomElement[] {
  const entries = [0, 85, 170, 255].map((value) => value * scale);
  const colours = [entries, [...entries].reverse(), entries.map(() => 128 * scale)];
  return [
    ["00280004", "CS", "PALETTE COLOR"],
    ...colours.flatMap((values, i): DicomElement[] => [
      [`0028110${i + 1}`, "US", words(4, 2, bits)],
      [`0028120${i + 1}`, "OW", words(...values)],
    ]),
  ];
}

async function greyOf(pixels: readonly (readonly [number, number, number])[]): Promise<number[]> {
  const raw = { width: pixels.length, height: 1, channels: 3 } as const;
  const { data } = await sharp(Uint8Array.from(pixels.flat()), { raw })
    .toColourspace("b-w")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return [...data];
}

describe("palette colours, examples", () => {
  it("of 8 and of 16 bits are the same grey as their colours; the ends go on", async () => {
    const expected = await greyOf([
      [0, 255, 128],
      [0, 255, 128],
      [85, 170, 128],
      [170, 85, 128],
      [255, 0, 128],
      [255, 0, 128],
    ]);
    for (const [bits, scale] of [
      [8, 1],
      [16, 257],
    ] as const) {
      // prettier-ignore
      const { data } = await readScan(image([0, 2, 3, 4, 5, 4095], palette(bits, scale)));
      expect(data).toBeInstanceOf(Uint8Array);
      expect([...data]).toEqual(expected);
    }
  });

  it("of one byte an entry too", async () => {
    const packed = palette(8, 1).map(([tag, vr, value]): DicomElement =>
      tag.startsWith("002812")
        ? [tag, vr, Buffer.from((value as Buffer).filter((_, i) => i % 2 === 0))]
        : [tag, vr, value],
    );
    expect((await readScan(image([2, 5], packed))).data).toEqual(
      (await readScan(image([2, 5], palette(8, 1)))).data,
    );
  });

  it("segmented ones, and those without blue, are refused by name", async () => {
    const segmented: DicomElement = ["00281222", "OW", words(0, 1, 2)];
    await expect(readScan(image([0], [...palette(8, 1), segmented]))).rejects.toThrow(
      /segmented palette \(0028,1222\)/,
    );
    const two = palette(8, 1).filter(([tag]) => tag !== "00281203");
    await expect(readScan(image([0], two))).rejects.toThrow(/table \(0028,1103\) is damaged/);
  });
});

describe("YBR_FULL_422, uncompressed, examples", () => {
  const file = (columns: number, pixels: readonly number[]): string => {
    const path = `${fresh()}.dcm`;
    const elements: DicomElement[] = [
      ["00280002", "US", 3],
      ["00280004", "CS", "YBR_FULL_422"],
      ["00280006", "US", 0],
      ["00280010", "US", 1],
      ["00280011", "US", columns],
      ["00280100", "US", 8],
      ["00280101", "US", 8],
      ["00280102", "US", 7],
      ["00280103", "US", 0],
      ["7FE00010", "OB", Buffer.from(pixels)],
    ];
    writeFileSync(path, dicomBytes(elements));
    return path;
  };

  it("two pixels share their colours", async () => {
    // Y, then B and R of the pair: grey 60 and 200, then two reds.
    const { data, shape } = await readScan(file(4, [60, 200, 128, 128, 76, 100, 85, 255]));
    const red = (y: number): [number, number, number] => [
      Math.min(255, Math.round(y + 1.402 * 127)),
      Math.max(0, Math.round(y + 0.344136 * 43 - 0.714136 * 127)),
      Math.max(0, Math.round(y - 1.772 * 43)),
    ];
    expect(shape).toEqual([1, 4]);
    expect([...data]).toEqual(
      await greyOf([[60, 60, 60], [200, 200, 200], red(76), red(100)]), // prettier-ignore
    );
  });

  it("an odd number of columns is refused", async () => {
    await expect(readScan(file(3, [1, 2, 3, 4, 5, 6]))).rejects.toThrow(
      /in pairs .* it has 3 columns/,
    );
  });
});

const films = (): DicomElement[] => [
  ["00080060", "CS", "DX"],
  ["00280004", "CS", "MONOCHROME2"],
  ["00280010", "US", 1],
  ["00280011", "US", 3],
  ["00280100", "US", 16],
  ["00280101", "US", 12],
  ["00280102", "US", 11],
  ["00280103", "US", 0],
  ["7FE00010", "OW", words(0, 1500, 4095)],
];

describe("sets of DICOM images, examples", () => {
  it("12 bits are shown through the file's window, else through their whole range", async () => {
    const folder = tempFolder();
    const windowed: DicomElement[] = [
      ["00281050", "DS", "1000.5"],
      ["00281051", "DS", "1001"],
    ];
    const bytes = (elements: readonly DicomElement[]): Buffer =>
      dicomBytes([...films(), ...elements]);
    write(join(folder, "a.dcm"), bytes([]));
    write(join(folder, "b.dcm"), bytes(windowed));
    const set = scanFolder(folder);
    expect([...(await set.read(0)).data]).toEqual([0, 24_005, 65_535]);
    expect([...(await set.read(1)).data]).toEqual([0, 65_535, 65_535]);
    const stored = scanFolder(folder, { window: "none" });
    expect([...(await stored.read(1)).data]).toEqual([0, 1500, 4095]);
    expect(await stored.stamp?.(1)).not.toBe(await set.stamp?.(1));
  });
});
