import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync, gunzipSync, gzipSync } from "node:zlib";
import type { Pixels } from "@dira/augmentations";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import {
  decodeImage,
  ImageError,
  readNpy,
  readScan,
  type Scan,
  writeMetaImage,
  writeNifti,
  writeNpy,
} from "../index.ts";
import { halfToNumber } from "./pixel-types.ts";

const folder = mkdtempSync(join(tmpdir(), "dira-volumes-"));
const file = (name: string): string => join(folder, name);

const values: Readonly<Record<string, (i: number) => Pixels>> = {
  u1: (n) => Uint8Array.from({ length: n }, (_, i) => i * 37),
  u2: (n) => Uint16Array.from({ length: n }, (_, i) => i * 3571),
  i2: (n) => Int16Array.from({ length: n }, (_, i) => i * 3571 - 1024),
  f4: (n) => Float32Array.from({ length: n }, (_, i) => Math.sin(i) * 1e3),
};

const scans: fc.Arbitrary<Scan> = fc
  .record({
    shape: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 3, maxLength: 3 }),
    type: fc.constantFrom("u1", "u2", "i2", "f4"),
    spacing: fc.array(fc.constantFrom(0.5, 0.75, 1, 2.5), { minLength: 3, maxLength: 3 }),
    origin: fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 3, maxLength: 3 }),
    direction: fc.constantFrom(
      [
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
      ],
      [
        [-1, 0, 0],
        [0, 0, -1],
        [0, 1, 0],
      ],
    ),
  })
  .map(({ type, shape, ...rest }) => {
    const count = shape.reduce((a, b) => a * b, 1);
    return { ...rest, shape, data: (values[type] as (n: number) => Pixels)(count) };
  });

const small: Scan = {
  data: Int16Array.of(-1024, 0, 40, 3071, 7, -5),
  shape: [1, 2, 3],
  spacing: [3, 2, 1],
};

/** A `.nii` whose header is changed by hand. */
async function patched(
  name: string,
  scan: Scan,
  change: (bytes: Buffer) => Buffer | undefined,
): Promise<string> {
  await writeNifti(file("patch.nii"), scan);
  const bytes = readFileSync(file("patch.nii"));
  writeFileSync(file(name), change(bytes) ?? bytes);
  return file(name);
}

function expectSame(read: Scan, written: Scan): void {
  expect(read.data.constructor).toBe(written.data.constructor);
  expect(read.data.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(read).toEqual(written);
}

describe("volumes, laws", () => {
  it("come back as they were written, with every type and place", async () => {
    const write: Readonly<Record<string, (path: string, scan: Scan) => Promise<void>>> = {
      "a.nii": writeNifti,
      "a.nii.gz": writeNifti,
      "a.mha": (path, scan) => writeMetaImage(path, scan),
      "b.mha": (path, scan) => writeMetaImage(path, scan, true),
      "a.mhd": (path, scan) => writeMetaImage(path, scan),
      "b.mhd": (path, scan) => writeMetaImage(path, scan, true),
    };
    await fc.assert(
      fc.asyncProperty(scans, fc.constantFrom(...Object.keys(write)), async (scan, name) => {
        await write[name]?.(file(name), scan);
        expectSame(await readScan(file(name)), scan);
      }),
      { numRuns: 50 },
    );
  });

  it("of NumPy come back with their shape", async () => {
    await fc.assert(
      fc.asyncProperty(scans, async ({ data, shape }) => {
        await writeNpy(file("a.npy"), { data, shape });
        expectSame(await readScan(file("a.npy")), { data, shape });
      }),
      { numRuns: 20 },
    );
  });

  it("cut short anywhere are refused, with the file's name", async () => {
    await writeNifti(file("whole.nii.gz"), small);
    await writeNifti(file("whole.nii"), small);
    await writeMetaImage(file("whole.mha"), small);
    await writeNpy(file("whole.npy"), small);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("nii", "nii.gz", "mha", "npy"),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        async (extension, share) => {
          const bytes = readFileSync(file(`whole.${extension}`));
          const cut = file(`cut.${extension}`);
          writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length * share)));
          const error: unknown = await readScan(cut).catch((e: unknown) => e);
          expect(error).toBeInstanceOf(ImageError);
          expect(String(error)).toContain(cut);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("NIfTI, examples", () => {
  it("takes the x axis to the left: RAS in the file, LPS here", async () => {
    const path = await patched("ras.nii", small, (bytes) => {
      [2, 0, 0, 10, 0, 3, 0, 20, 0, 0, 4, 30].forEach((v, i) => bytes.writeFloatLE(v, 280 + 4 * i));
      return undefined;
    });
    const { origin, direction, spacing } = await readScan(path);
    expect(origin).toEqual([-10, -20, 30]);
    expect(spacing).toEqual([4, 3, 2]);
    expect(direction).toEqual([
      [0, 0, 1],
      [0, -1, 0],
      [-1, 0, 0],
    ]);
  });

  it("prefers sform, then qform, then pixdim with the middle at 0", async () => {
    // A quarter turn about z: i to y, j to −x.
    const withQform = (bytes: Buffer): undefined => {
      bytes.writeInt16LE(0, 254);
      bytes.writeInt16LE(1, 252);
      [0, 0, Math.SQRT1_2, 1, 2, 3].forEach((v, i) => bytes.writeFloatLE(v, 256 + 4 * i));
      return undefined;
    };
    const qform = await readScan(await patched("qform.nii", small, withQform));
    const expected = [
      [0, 0, 1],
      [1, 0, 0],
      [0, -1, 0],
    ].flat();
    qform.direction?.flat().forEach((v, i) => expect(v).toBeCloseTo(expected[i] as number, 6));
    expect(qform.origin).toEqual([-1, -2, 3]);
    const bare = await patched("bare.nii", small, (bytes) => {
      bytes.writeInt16LE(0, 254);
      return undefined;
    });
    const plain = await readScan(bare);
    expect(plain.origin).toEqual([-1, 1, 0]);
    expect(plain.direction?.[2]).toEqual([1, 0, 0]);
    expect(plain.direction?.[1]).toEqual([0, -1, 0]);
  });

  it("scales, and keeps whole results as Int16Array", async () => {
    const scaled = (slope: number, intercept: number) => (bytes: Buffer) => {
      bytes.writeFloatLE(slope, 112);
      bytes.writeFloatLE(intercept, 116);
      return undefined;
    };
    const whole = await readScan(await patched("w.nii", small, scaled(2, -10)));
    expect(whole.data).toEqual(Int16Array.of(-2058, -10, 70, 6132, 4, -20));
    const broken = await readScan(await patched("s.nii", small, scaled(0.5, 0.25)));
    expect(broken.data).toEqual(Float32Array.of(-511.75, 0.25, 20.25, 1535.75, 3.75, -2.25));
    const unscaled = await readScan(await patched("n.nii", small, scaled(0, 99)));
    expect(unscaled.data).toEqual(small.data);
  });

  it("asks which of several volumes", async () => {
    const path = await patched("4d.nii.gz", { ...small, shape: [1, 1, 3] }, (bytes) => {
      bytes.writeInt16LE(4, 40);
      bytes.writeInt16LE(2, 48);
      return gzipSync(bytes);
    });
    await expect(readScan(path)).rejects.toThrow(/has 2 volumes; say which/);
    expect((await readScan(path, { volume: 1 })).data).toEqual(Int16Array.of(3071, 7, -5));
    expect((await readScan(path, { volume: 0 })).data).toEqual(Int16Array.of(-1024, 0, 40));
    await expect(readScan(path, { volume: 2 })).rejects.toThrow(/no volume 2/);
  });

  it("reads a pair .hdr and .img, by either name, and images of two axes", async () => {
    await patched("pair.hdr", small, (bytes) => {
      bytes.write("ni1\0", 344, "latin1");
      bytes.writeFloatLE(0, 108);
      return bytes.subarray(0, 348);
    });
    const { data } = small;
    writeFileSync(file("pair.img"), new Uint8Array(data.buffer));
    for (const name of ["pair.hdr", "pair.img"]) {
      expect((await readScan(file(name))).data).toEqual(data);
    }
    const flat = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3], spacing: [0.5, 0.25] };
    await writeNifti(file("flat.nii"), flat);
    expectSame(await readScan(file("flat.nii")), flat);
  });

  it("finds damage behind the pixels by the checksum", async () => {
    await writeNifti(file("crc.nii.gz"), small);
    const bytes = readFileSync(file("crc.nii.gz"));
    bytes[bytes.length - 6] = (bytes[bytes.length - 6] as number) ^ 1;
    writeFileSync(file("crc.nii.gz"), bytes);
    await expect(readScan(file("crc.nii.gz"))).rejects.toThrow(/incorrect data check/);
  });
});

describe("MetaImage and NumPy, examples", () => {
  it("reads what LUNA16's headers say", async () => {
    const header = [
      "ObjectType = Image",
      "NDims = 3",
      "BinaryData = True",
      "BinaryDataByteOrderMSB = False",
      "CompressedData = False",
      "TransformMatrix = 1 0 0 0 1 0 0 0 1",
      "Offset = -195 -195 -378",
      "CenterOfRotation = 0 0 0",
      "AnatomicalOrientation = RAI",
      "ElementSpacing = 0.7617 0.7617 2.5",
      "DimSize = 3 2 1",
      "ElementType = MET_SHORT",
      "ElementDataFile = luna.raw",
    ];
    writeFileSync(file("luna.mhd"), `${header.join("\r\n")}\r\n`);
    writeFileSync(file("luna.raw"), new Uint8Array(small.data.buffer));
    expectSame(await readScan(file("luna.mhd")), {
      data: small.data,
      shape: [1, 2, 3],
      spacing: [2.5, 0.7617, 0.7617],
      origin: [-195, -195, -378],
      direction: [
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
      ],
    });
  });

  it("reads big-endian pixels behind a header that it passes over", async () => {
    const header =
      "NDims = 2\nDimSize = 2 1\nElementType = MET_SHORT\nElementByteOrderMSB = True\nHeaderSize = -1\nElementDataFile = big.raw\n";
    writeFileSync(file("big.mhd"), header);
    writeFileSync(file("big.raw"), Buffer.from([9, 9, 9, 0x01, 0x02, 0xff, 0xfe]));
    expect((await readScan(file("big.mhd"))).data).toEqual(Int16Array.of(258, -2));
  });

  it("says what it does not read", async () => {
    const start = "NDims = 2\nDimSize = 2 1\n";
    const cases = {
      "ElementType = MET_LONG_DOUBLE\nElementDataFile = a.raw\n": /MET_LONG_DOUBLE/,
      "ElementType = MET_UCHAR\nElementNumberOfChannels = 3\nElementDataFile = a\n": /3 channels/,
      "ElementType = MET_UCHAR\nElementDataFile = LIST\n": /LIST/,
      "ElementType = MET_UCHAR\nElementDataFile = missing.raw\n": /missing.raw could not be opened/,
      "ElementType = MET_UCHAR\n": /no MetaImage/,
    };
    for (const [rest, message] of Object.entries(cases)) {
      writeFileSync(file("odd.mhd"), start + rest);
      await expect(readScan(file("odd.mhd"))).rejects.toThrow(message);
    }
  });

  it("takes half floats at their value", () => {
    const known = {
      0x3c00: 1,
      0xc000: -2,
      0x7bff: 65_504,
      0x0001: 2 ** -24,
      0x3555: 0.333251953125,
    };
    for (const [bits, value] of Object.entries(known))
      expect(halfToNumber(Number(bits))).toBe(value);
    expect(halfToNumber(0x7c00)).toBe(Infinity);
    expect(halfToNumber(0x7e00)).toBeNaN();
  });

  it("picks items, never unpickles, and names arrays it can't show", async () => {
    const data = Uint8Array.from({ length: 24 }, (_, i) => i);
    await writeNpy(file("cubes.npy"), { data, shape: [2, 3, 2, 2] });
    await expect(readScan(file("cubes.npy"))).rejects.toThrow(/2 or 3 axes, it has 4/);
    const second = await readScan(file("cubes.npy"), { volume: 1 });
    expect(second).toEqual({ data: data.slice(12), shape: [3, 2, 2] });
    expect((await readNpy(file("cubes.npy"))).shape).toEqual([2, 3, 2, 2]);
    const bytes = readFileSync(file("cubes.npy"));
    writeFileSync(file("object.npy"), bytes.toString("latin1").replace("|u1", "|O8"), "latin1");
    await expect(readScan(file("object.npy"))).rejects.toThrow(/type O8/);
  });

  it("reads raw arrays as told", async () => {
    writeFileSync(file("bare.bin"), Buffer.from([7, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xfb]));
    const raw = { shape: [1, 2], type: "i4", littleEndian: false, offset: 1 } as const;
    const scan = await readScan(file("bare.bin"), { raw });
    expect(scan).toEqual({ shape: [1, 2], data: Int16Array.of(5, -5) });
    writeFileSync(file("wide.bin"), Int32Array.of(32_768, -5));
    const wide = await readScan(file("wide.bin"), { raw: { shape: [1, 2], type: "i4" } });
    expect(wide.data).toEqual(Float32Array.of(32_768, -5));
    const large = { shape: [4, 4], type: "f8" } as const;
    await expect(readScan(file("bare.bin"), { raw: large })).rejects.toThrow(
      /too short: 128 bytes/,
    );
  });
});

describe("bounds, examples", () => {
  it("refuses declared sizes before it takes memory", async () => {
    const huge = await patched("huge.nii", small, (bytes) => {
      for (let i = 0; i < 3; i += 1) bytes.writeInt16LE(32_767, 42 + 2 * i);
      return undefined;
    });
    await expect(readScan(huge)).rejects.toThrow(/declares \[32767, 32767, 32767\].*maxBytes/);
    await writeMetaImage(file("fine.mha"), small);
    await expect(readScan(file("fine.mha"), { maxBytes: 11 })).rejects.toThrow(/at most 11 bytes/);
    expect((await readScan(file("fine.mha"), { maxBytes: 12 })).shape).toEqual([1, 2, 3]);
  });

  it("holds for PNG: 30,000 × 30,000 pixels in a few bytes", async () => {
    const raw = { width: 4, height: 4, channels: 1 } as const;
    await sharp(new Uint8Array(16), { raw }).toColourspace("b-w").png().toFile(file("ok.png"));
    await expect(decodeImage(file("ok.png"), Infinity, { maxBytes: 15 })).rejects.toThrow(
      ImageError,
    );
    expect((await readScan(file("ok.png"), { maxBytes: 16 })).shape).toEqual([4, 4]);
  });

  it("stops unpacking a zip bomb where the declared pixels end", async () => {
    await writeNifti(file("bomb.nii.gz"), small);
    const inner = gunzipSync(readFileSync(file("bomb.nii.gz")));
    writeFileSync(
      file("bomb.nii.gz"),
      gzipSync(Buffer.concat([inner, Buffer.alloc(64 * 2 ** 20)])),
    );
    expect((await readScan(file("bomb.nii.gz"))).data).toEqual(small.data);
    // A volume far behind would mean to unpack what lies before it.
    const far = await patched("far.nii.gz", small, (bytes) => {
      [4, 1000, 1000, 1, 32_767].forEach((v, i) => bytes.writeInt16LE(v, 40 + 2 * i));
      return gzipSync(bytes);
    });
    await expect(readScan(far, { volume: 32_766 })).rejects.toThrow(/are unpacked \(maxBytes\)/);
    await writeMetaImage(file("z.mhd"), small, true);
    writeFileSync(file("z.zraw"), deflateSync(Buffer.alloc(5)));
    await expect(readScan(file("z.mhd"))).rejects.toThrow(/too short/);
  });

  it("names files that are missing, empty, folders without series, or nothing known", async () => {
    writeFileSync(file("empty.nii"), "");
    writeFileSync(file("text.xyz"), "no image at all");
    for (const name of ["none.nii", "empty.nii", "text.xyz", "none.npz"]) {
      const error: unknown = await readScan(file(name)).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(ImageError);
      expect(String(error)).toContain(name);
    }
    const bare = mkdtempSync(join(tmpdir(), "dira-bare-"));
    await expect(readScan(bare)).rejects.toThrow(/expected one DICOM series, found none/);
  });
});
