import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { file } from "../../test/volumes.ts";
import { readNpy, readScan, writeNpy } from "../index.ts";
import { halfToNumber } from "./pixel-types.ts";

describe("NumPy and bare arrays, examples", () => {
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
    await expect(readScan(file("cubes.npy"))).rejects.toThrow(
      /2 or 3 axes, its shape is 2 × 3 × 2 × 2\. Split it/,
    );
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
