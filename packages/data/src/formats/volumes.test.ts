import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync, gunzipSync, gzipSync } from "node:zlib";
import type { Pixels } from "@dira/augmentations";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { expectSame, file, patched, small } from "../../test/volumes.ts";
import {
  decodeImage,
  ImageError,
  readScan,
  type Scan,
  writeMetaImage,
  writeNifti,
  writeNpy,
} from "../index.ts";

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
