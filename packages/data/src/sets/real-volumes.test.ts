import { createHash } from "node:crypto";
import { join } from "node:path";
import { patchSampler } from "@dira/augmentations";
import { createRandom } from "@dira/random";
import { beforeAll, describe, expect, it } from "vitest";
import { hasHeadCt, headCt } from "../../test/head-ct.ts";
import { sharedData } from "../../test/shared-data.ts";
import { tempFolder, write } from "../../test/write-scans.ts";
import {
  batchMaker,
  cacheImages,
  groupedSampler,
  type ImageCache,
  indexToWorld,
  makeFolder,
  openDataSet,
  openImages,
  type Scan,
  viewLoader,
  type ViewBatch,
  worldToIndex,
  writeMetaImage,
} from "../index.ts";

const CUBE = [32, 64, 64];
const SERIES = "1.3.6.1.4.1.14519.5.2.1.6279.6001.";
const PATCH = { size: CUBE, above: 0.425, tissue: [0.15, 1] as const };
/** Of a soft-tissue window, in which the lungs are 0. */
const SOFT = { ...PATCH, above: 0.1 };

/** The first batches of TransVW's pairs. */
async function pairs(
  cache: ImageCache,
  workers: number,
  steps = 1,
  patch = PATCH,
): Promise<ViewBatch[]> {
  const maker = batchMaker(workers);
  const args = [{ name: "transVwPair" }, { patch }];
  const pipeline = { module: "@dira/data", name: "samplePipeline", args };
  const sampler = groupedSampler({ count: cache.usable.length, seed: 1, repeats: 8, group: 2 });
  const loader = viewLoader({ cache, maker, batchSize: 3, seed: 1, pipeline, sampler });
  const batches: ViewBatch[] = [];
  for await (const batch of loader.from(0)) if (batches.push(batch) === steps) break;
  await maker.close();
  return batches;
}

const digest = ({ views, target }: ViewBatch): string => {
  const hash = createHash("sha256");
  for (const view of [...views, target]) if (view) hash.update(new Uint8Array(view.data.buffer));
  return hash.digest("hex");
};

/** Every patch is a cube of numbers in [0, 1] of which so much is tissue. */
function expectPatches(batches: readonly ViewBatch[], { above, tissue: [least] } = PATCH): void {
  for (const { target, views } of batches) {
    expect(views[0]?.shape).toEqual([3, ...CUBE, 1]);
    const data = target?.data ?? new Float32Array();
    const voxels = data.length / 3;
    for (let n = 0; n < 3; n += 1) {
      const patch = data.subarray(n * voxels, (n + 1) * voxels);
      expect(patch.every((value) => value >= 0 && value <= 1)).toBe(true);
      const tissue = patch.filter((value) => value >= above).length / voxels;
      expect(tissue).toBeGreaterThanOrEqual(least);
    }
  }
}

describe.skipIf(!hasHeadCt())(
  "a head CT in LUNA16's layout, whole runs",
  { timeout: 180_000 },
  () => {
    const folder = tempFolder();
    let head: Scan;
    beforeAll(async () => {
      const direction = [
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
      ];
      head = { ...(await headCt()), origin: [-122.5, -160.25, -840.75], direction };
      for (const [subset, name] of ["100", "200", "300"].entries()) {
        const at = makeFolder(join(folder, `subset${subset === 2 ? 5 : subset}`));
        await writeMetaImage(join(at, `${SERIES}${name}.mhd`), head);
      }
      const [x = 0, y = 0, z = 0] = indexToWorld(head, [60, 120, 130]);
      const places = (column: string, value: string): string =>
        `seriesuid,coordX,coordY,coordZ,${column}\n${["100", "200", "300"].map((n) => `${SERIES}${n},${x},${y},${z},${value}\n`).join("")}`;
      write(join(folder, "annotations.csv"), places("diameter_mm", "6.5"));
      write(join(folder, "candidates_V2.csv"), places("class", "1"));
    });

    it("opens by its layout; cubes lie about their candidates", async () => {
      const [train, val] = [openImages(folder, "train"), openImages(folder, "val")];
      expect([train.layout, train.length, val.length]).toEqual(["luna16", 2, 1]);
      const cube = await train.read(0);
      expect(cube.shape).toEqual(CUBE);
      const start = worldToIndex(head, cube.origin ?? []).map(Math.round);
      expect(start).toEqual([45, 89, 99]);
      const [z = 0, y = 0, x = 0] = start;
      const row = ((z + 7) * 256 + y + 9) * 256 + x;
      expect([...cube.data.subarray((7 * 64 + 9) * 64, (7 * 64 + 9) * 64 + 64)]).toEqual([
        ...head.data.subarray(row, row + 64),
      ]);
    });

    it("patches hold the HU of their place in the world, and tissue, with any number of threads", async () => {
      const set = openDataSet(folder, { kind: "luna16", items: "volumes", split: "train" });
      const volumes = { window: [-1000, 1000], atLeast: CUBE } as const;
      const cache = await cacheImages(set, { volumes });
      expect([cache.usable, cache.warnings]).toEqual([[0, 1], []]);
      const scan = await cache.get(1);
      const patch = patchSampler(PATCH)(scan, createRandom(3)).image;
      let different = 0;
      for (let i = 0; i < patch.data.length; i += 37) {
        const index = [Math.floor(i / 4096), Math.floor(i / 64) % 64, i % 64];
        const at = worldToIndex(head, indexToWorld(patch, index)).map(Math.round);
        const [z = 0, y = 0, x = 0] = at;
        const hu = head.data[(z * 256 + y) * 256 + x] as number;
        const cut = Math.min(1000, Math.max(-1000, hu));
        if (Math.abs((patch.data[i] as number) * 2000 - 1000 - cut) > 0.02) different += 1;
      }
      expect(different).toBe(0);
      const [here, there] = [await pairs(cache, 0), await pairs(cache, 1)];
      expectPatches(here);
      expect(there.map(digest)).toEqual(here.map(digest));
      // Another spacing: the same head in other voxels.
      const coarse = await cacheImages(set, { volumes: { ...volumes, spacing: [3, 2, 2] } });
      const small = await coarse.get(0);
      expect([small.shape, small.spacing]).toEqual([
        [54, 122, 122],
        [3, 2, 2],
      ]);
      const mean = ({ data }: Scan): number =>
        Array.from(data).reduce((a, b) => a + b, 0) / data.length / 65535;
      expect(mean(small)).toBeCloseTo(mean(scan), 2);
      const ball = await coarse.mask(0);
      expect(ball?.shape).toEqual(small.shape);
      const marked = ball?.data.reduce((a, b) => a + b, 0) ?? 0;
      // 4/3 π 3.25³ = 144 mm³, voxels of 12 mm³: twelve, within a factor of 2 for what the rim takes.
      expect(marked).toBeGreaterThan(6);
      expect(marked).toBeLessThan(24);
    });
  },
);

const ct = sharedData("ct");

describe.skipIf(ct === undefined)("a chest CT of 8 bits, whole runs", { timeout: 180_000 }, () => {
  it("stays as it is without a window, in the patient's axes; patches are shares of 255", async () => {
    const set = openDataSet(ct ?? "");
    const cache = await cacheImages(set, { volumes: { atLeast: CUBE } });
    const [scan, stored] = [await cache.get(0), await set.read(0)];
    expect(scan.data).toBeInstanceOf(Uint8Array);
    expect(scan.shape).toEqual(stored.shape);
    scan.direction?.forEach((axis, a) => expect(axis[2 - a]).toBeCloseTo(1, 6));
    const patch = patchSampler(SOFT)(scan, createRandom(5)).image;
    let different = 0;
    for (let i = 0; i < patch.data.length; i += 37) {
      const index = [Math.floor(i / 4096), Math.floor(i / 64) % 64, i % 64];
      const at = worldToIndex(stored, indexToWorld(patch, index)).map(Math.round);
      const [z = 0, y = 0, x = 0] = at;
      const value = (stored.data[(z * 256 + y) * 256 + x] as number) / 255;
      if (Math.abs((patch.data[i] as number) - value) > 1e-6) different += 1;
    }
    expect(different).toBe(0);
    expectPatches(await pairs(cache, 0, 1, SOFT), SOFT);
  });
});
