import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { expectSame, file, patched, small } from "../../test/volumes.ts";
import { readScan, writeNifti } from "../index.ts";

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
    await expect(readScan(path)).rejects.toThrow(
      /has 2 volumes, where one is expected: its shape is .* × 2\. Split it into volumes, or leave/,
    );
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
