import { mkdtempSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import {
  batchMaker,
  cacheImages,
  ImageError,
  type ImageSet,
  openDataSet,
  type Scan,
} from "../index.ts";
import { decodeScan, encodeScan } from "./scan-bytes.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "dira-cache-"));

async function images(count: number): Promise<string> {
  const inside = folder();
  for (let i = 0; i < count; i += 1) {
    const pixels = Uint8Array.from({ length: 24 * 20 }, (_, k) => (k * (i + 3)) % 256);
    await sharp(pixels, { raw: { width: 24, height: 20, channels: 1 } })
      .toColourspace("b-w")
      .png()
      .toFile(join(inside, `${i}.png`));
  }
  return inside;
}

/** A set that counts how often it is read. */
function counted(set: ImageSet): { set: ImageSet; reads: () => number } {
  let reads = 0;
  const { source: _, ...rest } = set;
  return {
    set: { ...rest, read: (index, side) => ((reads += 1), set.read(index, side)) },
    reads: () => reads,
  };
}

const files = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe("scans as bytes, laws", () => {
  it("come back with everything they had", () => {
    const kinds = [Uint8Array, Uint16Array, Int16Array, Float32Array];
    fc.assert(
      fc.property(
        fc.nat(3),
        fc.constantFrom([3, 5], [2, 3, 4]),
        fc.boolean(),
        (k, shape, placed) => {
          const length = shape.reduce((a, b) => a * b, 1);
          const place = { spacing: shape.map((n) => n / 3), origin: shape.map((n) => -n) };
          const data = (kinds[k] as typeof Uint8Array).from({ length }, (_, i) => i * 7 - 3);
          const scan: Scan = { data, shape, ...(placed ? place : {}) };
          expect(decodeScan(encodeScan(scan))).toEqual(scan);
        },
      ),
    );
  });
});

describe("cacheImages with a folder, laws", () => {
  it("reads each image once for all runs, and gives the same images as without", async () => {
    const inside = await images(5);
    const [kept, plain] = [folder(), await cacheImages(openDataSet(inside), { side: 16 })];
    for (const expected of [5, 0]) {
      const { set, reads } = counted(openDataSet(inside));
      const cache = await cacheImages(set, { side: 16, folder: kept });
      expect(reads()).toBe(expected);
      expect(cache.fingerprint).toBe(plain.fingerprint);
      for (let i = 0; i < 5; i += 1) expect(await cache.get(i)).toEqual(await plain.get(i));
      expect(reads()).toBe(expected);
    }
  });

  it("another side or a changed file is read anew", async () => {
    const [inside, kept] = [await images(3), folder()];
    await cacheImages(openDataSet(inside), { side: 16, folder: kept });
    const other = counted(openDataSet(inside));
    await cacheImages(other.set, { side: 12, folder: kept });
    expect(other.reads()).toBe(3);
    const black = { width: 30, height: 30, channels: 3, background: "black" } as const;
    await sharp({ create: black }).png().toFile(join(inside, "1.png"));
    const changed = counted(openDataSet(inside));
    const cache = await cacheImages(changed.set, { side: 16, folder: kept });
    expect(changed.reads()).toBe(1);
    expect((await cache.get(1)).shape).toEqual([16, 16]);
  });

  it("what is damaged in the folder is made anew", async () => {
    const [inside, kept] = [await images(3), folder()];
    const plain = await cacheImages(openDataSet(inside), { folder: kept });
    for (const file of files(kept)) writeFileSync(file, "{");
    const { set, reads } = counted(openDataSet(inside));
    const cache = await cacheImages(set, { folder: kept });
    expect(reads()).toBe(3);
    for (const file of files(join(kept, "objects"))) writeFileSync(file, "cut short");
    const again = await cacheImages(set, { folder: kept });
    for (const index of [0, 1, 2]) expect(await again.get(index)).toEqual(await plain.get(index));
    expect(cache.fingerprint).toBe(plain.fingerprint);
  });

  it.each(["null", "5", "{}", '{"hash":7}', '{"error":"then"}'])(
    "an entry of %s is no entry",
    async (text) => {
      const [inside, kept] = [await images(2), folder()];
      await cacheImages(openDataSet(inside), { folder: kept });
      for (const file of files(join(kept, "entries"))) writeFileSync(file, text);
      const { set, reads } = counted(openDataSet(inside));
      expect((await cacheImages(set, { folder: kept })).usable).toEqual([0, 1]);
      expect(reads()).toBe(2);
    },
  );

  it("what could not be read once is tried again", async () => {
    const [inside, kept] = [await images(3), folder()];
    const set = openDataSet(inside);
    const read = (): Promise<never> => Promise.reject(new ImageError("1.png: permission denied."));
    const { source: _, ...rest } = set;
    const failing: ImageSet = {
      ...rest,
      read: (index, side) => (index === 1 ? read() : set.read(index, side)),
    };
    const options = { folder: kept, maxUnreadable: 0.5 };
    expect((await cacheImages(failing, options)).usable).toEqual([0, 2]);
    expect((await cacheImages(set, options)).usable).toEqual([0, 1, 2]);
  });

  it("a folder that can't be used is named", async () => {
    const inside = await images(1);
    const file = join(inside, "0.png");
    await expect(cacheImages(openDataSet(inside), { folder: file })).rejects.toThrow(
      /The folder .*0\.png can't be made: .*0\.png is a file\. Name another/,
    );
  });

  it("keeps within its bound, and reads anew what had to go", async () => {
    const [inside, kept] = [await images(6), folder()];
    const plain = await cacheImages(openDataSet(inside));
    const options = { folder: kept, maxDiskBytes: 3 * 600, maxBytes: 0 };
    const { set, reads } = counted(openDataSet(inside));
    const cache = await cacheImages(set, options);
    for (let i = 0; i < 6; i += 1) {
      expect(await cache.get(i)).toEqual(await plain.get(i));
      const bytes = files(join(kept, "objects")).map((file) => statSync(file).size);
      expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(3 * 600);
    }
    expect(reads()).toBeGreaterThanOrEqual(6 + 3);
  });

  it("equal images are kept once, even when read at the same time", async () => {
    const inside = folder();
    const create = { width: 32, height: 32, channels: 3, background: "grey" } as const;
    for (let i = 0; i < 8; i += 1)
      await sharp({ create })
        .png()
        .toFile(join(inside, `${i}.png`));
    const kept = folder();
    await cacheImages(openDataSet(inside), { folder: kept });
    expect(files(join(kept, "objects")).length).toBe(1);
    expect(files(join(kept, "entries")).length).toBe(8);
  });
});

describe("masks in the cache", () => {
  /** One image (or volume) and a mask of any shape. */
  const setOf = (shape: readonly number[], mask: readonly number[]): ImageSet => {
    const voxels = (sides: readonly number[]): Uint8Array =>
      Uint8Array.from({ length: sides.reduce((a, b) => a * b, 1) }, (_, i) => i % 2);
    return {
      name: "set",
      length: 1,
      spatialRank: shape.length as 2 | 3,
      id: () => "image.png",
      read: async (_, side) => {
        const small =
          side === undefined ? shape : shape.map((n) => (n * side) / Math.min(...shape));
        return { data: voxels(small), shape: small };
      },
      mask: async () => ({ data: voxels(mask), shape: mask }),
    };
  };

  it("are shrunk along with their images", async () => {
    const cache = await cacheImages(setOf([40, 60], [40, 60]), { side: 10 });
    expect((await cache.mask(0))?.shape).toEqual([10, 15]);
    const whole = await cacheImages(setOf([40, 60], [40, 60]));
    expect((await whole.mask(0))?.shape).toEqual([40, 60]);
  });

  it.each([
    [[40, 60], [60, 40], 10],
    [[40, 60], [40, 40], 10],
    [[40, 60], [8, 12], 10],
    [[8, 16, 16], [8, 16, 15], undefined],
    [[8, 16, 16], [16, 16, 16], undefined],
    [[8, 16, 16], [16, 32, 32], undefined],
  ])("of an image of %j in %j are refused", async (shape, mask, side) => {
    const cache = await cacheImages(setOf(shape, mask), side === undefined ? {} : { side });
    await expect(cache.mask(0)).rejects.toThrow(
      `image.png: its mask is [${mask.join(", ")}], which does not fit the image`,
    );
  });
});

describe("cacheImages, laws", () => {
  it("threads read the same images, and name the same broken ones", async () => {
    const inside = await images(9);
    writeFileSync(join(inside, "0.png"), "no image");
    const options = { side: 16, maxUnreadable: 0.2 };
    const here = await cacheImages(openDataSet(inside), options);
    const maker = batchMaker(2);
    const there = await cacheImages(openDataSet(inside), { ...options, maker });
    await maker.close();
    expect(there.usable).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(there.warnings).toEqual(here.warnings);
    expect(there.fingerprint).toBe(here.fingerprint);
    expect(await there.get(4)).toEqual(await here.get(4));
    await expect(
      cacheImages(openDataSet(inside), { side: 16, maxUnreadable: 0.1 }),
    ).rejects.toThrow(/1 of 9 images .*more than the share of 0.1 .*0\.png could not/s);
  });
});
