import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fresh, samples } from "../../test/dicom.ts";
import { ImageError, readScan } from "../index.ts";

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

describe("DICOM files, laws", () => {
  it("files cut short anywhere are refused, with their name", async () => {
    const names = ["rle", "jpeg_lossless_sel1", "jpeg_2000", "implicit_little"];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.double({ min: 0, max: 0.97, noNaN: true }),
        async (name, share) => {
          const bytes = readFileSync(join(samples, `${name}.dcm`));
          const cut = `${fresh()}-${name}.dcm`;
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
