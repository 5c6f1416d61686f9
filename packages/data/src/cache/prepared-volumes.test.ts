import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  batchMaker,
  cacheImages,
  DataError,
  type ImageSet,
  makeFolder,
  openDataSet,
  phantomChestXrays,
  phantomSet,
  prepareVolume,
  reorient,
  resampleTo,
  type VolumePreparation,
  writeNifti,
} from "../index.ts";

const folder = mkdtempSync(join(tmpdir(), "dira-prepared-"));
const PREPARATION: VolumePreparation = {
  window: [-1000, 1000],
  spacing: [null, 12, 12],
  atLeast: [10, 8, 8],
};
const open = (): ImageSet => openDataSet(join(folder, "scans"));

/** A set that counts how often it is read, in this thread. */
function counted(set: ImageSet): { set: ImageSet; reads: () => number } {
  let reads = 0;
  const { source: _, ...rest } = set;
  const read: ImageSet["read"] = (index) => ((reads += 1), set.read(index));
  return { set: { ...rest, read }, reads: () => reads };
}

beforeAll(async () => {
  const at = makeFolder(join(folder, "scans"));
  const phantoms = phantomSet({ kind: "chest-ct", count: 3, seed: 1, size: [12, 24, 26] });
  const codes = ["LPS", "PSR", "RAS"];
  for (const [i, code] of codes.entries()) {
    await writeNifti(join(at, `${i}.nii.gz`), reorient(await phantoms.read(i), code));
  }
  const small = { data: new Int16Array(4 * 24 * 26), shape: [4, 24, 26], spacing: [1, 12, 12] };
  await writeNifti(join(at, "3-small.nii"), small);
  writeFileSync(join(at, "4-damaged.nii"), "no volume");
});

describe("cacheImages with `volumes`, laws", () => {
  it("gives what prepareVolume makes, the same in threads; bad ones are told and left out", async () => {
    const [set, maker] = [open(), batchMaker(2)];
    const options = { volumes: PREPARATION, maxUnreadable: 0.4 };
    const here = await cacheImages(set, options);
    const there = await cacheImages(set, { ...options, maker });
    await maker.close();
    for (const cache of [here, there]) {
      expect(cache.usable).toEqual([0, 1, 2]);
      expect(cache.fingerprint).toBe(here.fingerprint);
      for (const i of cache.usable) {
        const scan = await cache.get(i);
        expect(scan).toEqual(prepareVolume(await set.read(i), PREPARATION, set.id(i)));
        expect(scan.data.buffer).toBeInstanceOf(SharedArrayBuffer);
      }
      expect(cache.warnings).toEqual([
        expect.stringMatching(/^3-small\.nii: expected at least 10 × 8 × 8 voxels .*4 × 24 × 26/),
        expect.stringMatching(/4-damaged\.nii/),
      ]);
    }
    await expect(cacheImages(set, { volumes: PREPARATION })).rejects.toThrow(
      /2 of 5 volumes .*more than the share of 0\.1 .*3-small\.nii: expected/s,
    );
  });

  it("on disk, each preparation is kept by itself, and read once", async () => {
    const kept = join(folder, "kept");
    const options = { folder: kept, maxUnreadable: 0.4 };
    const read = async (volumes: VolumePreparation): Promise<number> => {
      const { set, reads } = counted(open());
      const cache = await cacheImages(set, { ...options, volumes });
      const plain = await cacheImages(open(), { maxUnreadable: 0.4, volumes });
      for (const i of cache.usable) expect(await cache.get(i)).toEqual(await plain.get(i));
      return reads();
    };
    expect(await read(PREPARATION)).toBe(5);
    // Those that can't be used are tried again.
    expect(await read(PREPARATION)).toBe(2);
    expect(await read({ ...PREPARATION, window: [-1000, 400] })).toBe(5);
    expect(await read({ ...PREPARATION, spacing: [10, 12, 12] })).toBe(5);
    expect(await read({ ...PREPARATION, atLeast: [11, 8, 8] })).toBe(5);
    expect(await read(PREPARATION)).toBe(2);
  });

  it("masks move along", async () => {
    const phantoms = phantomSet({ kind: "chest-ct", count: 2, seed: 1, size: [12, 24, 26] });
    const turned: ImageSet = {
      ...counted(phantoms).set,
      read: async (i) => reorient(await phantoms.read(i), "PSR"),
      mask: async (i) => {
        const { data, shape } = reorient((await phantoms.mask?.(i)) as never, "PSR");
        return { data: data as Uint8Array, shape };
      },
    };
    const [cache, plain] = [
      await cacheImages(turned, { volumes: PREPARATION }),
      await phantoms.mask?.(1),
    ];
    const { spacing, origin } = await phantoms.read(1);
    const placed = { data: plain?.data ?? new Uint8Array(), shape: plain?.shape ?? [], spacing };
    const expected = resampleTo(placed as never, [spacing?.[0] ?? 1, 12, 12], { kind: "labels" });
    const mask = await cache.mask(1);
    expect(mask?.shape).toEqual((await cache.get(1)).shape);
    expect(mask?.data).toEqual(expected.data);
    expect(new Set(mask?.data)).toEqual(new Set([0, 1, 2]));
    expect(mask?.origin?.[2]).toBeCloseTo(origin?.[2] ?? NaN, 9);
  });

  it("a volume that several ask for at once is read once", async () => {
    const { set, reads } = counted(open());
    const cache = await cacheImages(set, {
      volumes: PREPARATION,
      maxUnreadable: 0.4,
      maxBytes: 0,
    });
    const before = reads();
    const [a, b] = await Promise.all([cache.get(1), cache.get(1), cache.get(2)]);
    expect(a).toBe(b);
    expect(reads() - before).toBe(2);
  });
});

describe("cacheImages with `volumes`, examples of failure", () => {
  it("refuses sets of images, and what is no preparation", async () => {
    const xrays = phantomChestXrays({ count: 2, seed: 1 });
    await expect(cacheImages(xrays, { volumes: {} })).rejects.toThrow(/prepares volumes, and 2 ph/);
    const bad = cacheImages(open(), { volumes: { window: [3, 2] } });
    await expect(bad).rejects.toThrow(DataError);
    await expect(bad).rejects.toThrow(/`window` as \[low, high\], low below high, got \[3, 2\]/);
  });
});
