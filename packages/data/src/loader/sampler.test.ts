import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  batchMaker,
  cacheImages,
  classBalancedSampler,
  groupedSampler,
  phantomChestXrays,
  type Sampler,
  uniformSampler,
  validationBatches,
  viewLoader,
} from "../index.ts";

describe("uniformSampler, laws", () => {
  it("shows each image as often as told, in another order each epoch", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 40 }),
        fc.integer({ min: 1, max: 3 }),
        (count, repeats) => {
          const sampler = uniformSampler({ count, repeats, seed: 3 });
          const [first, second] = [sampler.order(0), sampler.order(1)];
          expect(first.length).toBe(sampler.length);
          for (let i = 0; i < count; i += 1) {
            expect(first.filter((image) => image === i).length).toBe(repeats);
          }
          expect(sampler.order(0)).toEqual(first);
          if (count > 12) expect(second).not.toEqual(first);
        },
      ),
    );
  });
});

describe("groupedSampler, laws", () => {
  const options = fc.record({
    count: fc.integer({ min: 1, max: 30 }),
    repeats: fc.integer({ min: 1, max: 6 }),
    group: fc.integer({ min: 1, max: 12 }),
    seed: fc.nat(99),
  });

  it("shows each volume as often as told, within one stretch, of which none has more than a group", () => {
    fc.assert(
      fc.property(options, fc.nat(5), (given, epoch) => {
        const { count, repeats, group } = given;
        const sampler = groupedSampler(given);
        const order = [...sampler.order(epoch)];
        expect([order.length, sampler.length]).toEqual([count * repeats, count * repeats]);
        for (let i = 0; i < count; i += 1) {
          expect(order.filter((image) => image === i).length).toBe(repeats);
        }
        const stretch = group * repeats;
        for (let from = 0; from < order.length; from += stretch) {
          const members = new Set(order.slice(from, from + stretch));
          expect(members.size).toBe(Math.min(group, count - from / repeats));
        }
        // Wherever a window lies, it meets two groups at most.
        for (let from = 0; from + stretch <= order.length; from += 1) {
          expect(new Set(order.slice(from, from + stretch)).size).toBeLessThanOrEqual(2 * group);
        }
        expect([...groupedSampler(given).order(epoch)]).toEqual(order);
      }),
      { numRuns: 50 },
    );
  });

  it("volumes, groups and the draws within them differ by epoch and seed", () => {
    const of = (seed: number, epoch: number): number[] => [
      ...groupedSampler({ count: 20, repeats: 3, group: 5, seed }).order(epoch),
    ];
    const sorted = (order: number[]): number[] =>
      [...new Set(order.slice(0, 15))].sort((a, b) => a - b);
    for (const other of [of(1, 1), of(2, 0)]) {
      expect(other).not.toEqual(of(1, 0));
      expect(sorted(other)).not.toEqual(sorted(of(1, 0)));
    }
    // Not a volume's draws one after the other, nor the same round by round.
    const first = of(1, 0).slice(0, 15);
    expect(first.slice(0, 3).every((image) => image === first[0])).toBe(false);
    expect(first.slice(0, 5)).not.toEqual(first.slice(5, 10));
    const one = { count: 6, repeats: 1, group: 6, seed: 1 };
    expect([...groupedSampler(one).order(0)]).not.toEqual([0, 1, 2, 3, 4, 5]);
    expect(() => groupedSampler({ ...one, group: 0 })).toThrow(/groupedSampler: `group` must be/);
  });

  it("a cache of a group reads each volume once an epoch", async () => {
    const set = phantomChestXrays({ count: 10, seed: 2 });
    const { source: _, ...rest } = set;
    let reads = 0;
    const read: typeof set.read = (i) => ((reads += 1), set.read(i, 32));
    const cache = await cacheImages({ ...rest, read }, { maxBytes: 3 * 32 * 32 });
    const pipeline = { name: "diraViews", args: [{ size: 8 }] };
    const common = { cache, maker: batchMaker(0), seed: 4, pipeline, batchSize: 3, ahead: 1 };
    const readsWith = async (sampler: Sampler): Promise<number> => {
      const loader = viewLoader({ ...common, sampler });
      const batches = loader.from(0);
      reads = 0;
      for (let step = 0; step < loader.stepsPerEpoch; step += 1) await batches.next();
      return reads;
    };
    const given = { count: 10, repeats: 6, seed: 4 };
    // Up to three are held from before.
    const grouped = await readsWith(groupedSampler({ ...given, group: 3 }));
    expect(grouped).toBeGreaterThanOrEqual(7);
    expect(grouped).toBeLessThanOrEqual(10);
    expect(await readsWith(uniformSampler(given))).toBeGreaterThan(25);
  });
});

describe("validationBatches with repeats, laws", () => {
  it("every image so often, each time its own way, whatever the batch and the threads", async () => {
    const cache = await cacheImages(phantomChestXrays({ count: 3, seed: 2 }), { side: 40 });
    const pipeline = { name: "diraViews", args: [{ size: 32 }] };
    const all = async (
      batchSize: number,
      repeats: number | undefined,
      workers = 0,
    ): Promise<{ indices: number[]; views: Float32Array[] }> => {
      const maker = batchMaker(workers);
      const given = { cache, maker, seed: 5, pipeline, batchSize };
      const [indices, views]: [number[], Float32Array[]] = [[], []];
      for await (const batch of validationBatches({ ...given, ...(repeats && { repeats }) })) {
        indices.push(...batch.indices);
        batch.indices.forEach((_, n) => {
          views.push(batch.views[0]?.data.slice(n * 1024, (n + 1) * 1024) as Float32Array);
        });
      }
      await maker.close();
      return { indices, views };
    };
    const [once, twice] = [await all(2, undefined), await all(4, 2)];
    expect(once.indices).toEqual([0, 1, 2]);
    expect(twice.indices).toEqual([0, 0, 1, 1, 2, 2]);
    expect(await all(5, 2, 1)).toEqual(twice);
    for (const i of [0, 1, 2]) {
      expect(twice.views[2 * i]).toEqual(once.views[i]);
      expect(twice.views[2 * i + 1]).not.toEqual(once.views[i]);
    }
    await expect(all(2, 1.5)).rejects.toThrow(/`repeats` must be a whole number above 0, got 1.5/);
  });
});

describe("classBalancedSampler, laws", () => {
  it("classes come equally often, however rare; none but those of the labels", () => {
    // Of 1000 images 10 are of class 0, 90 of class 1, the rest of neither.
    const labels = Array.from({ length: 1000 }, (_, i) => [
      Number(i < 10),
      Number(i >= 10 && i < 100),
    ]);
    const drawn = classBalancedSampler({ labels, seed: 1, length: 30_000 }).order(0);
    const shares = [0, 10, 100, 1000].map((end) => drawn.filter((i) => i < end).length / 30_000);
    // Standard deviation of a share of 1/3 in 30,000 draws: 0.0027.
    expect(Math.abs((shares[1] as number) - 1 / 3)).toBeLessThan(5 * 0.0027);
    expect(Math.abs((shares[2] as number) - 2 / 3)).toBeLessThan(5 * 0.0027);
    expect(shares[3]).toBe(1);
    const once = classBalancedSampler({ labels: [[1], [1]], seed: 1 });
    expect(new Set(once.order(0)).size).toBeLessThanOrEqual(2);
    expect(() => classBalancedSampler({ labels: [], seed: 1 })).toThrow(/no images/);
  });
});

describe("viewLoader with repeats, laws", () => {
  it("an image that an epoch shows again is transformed anew; once is as ever", async () => {
    const cache = await cacheImages(phantomChestXrays({ count: 3, seed: 2 }), { side: 40 });
    const pipeline = { name: "diraViews", args: [{ size: 32 }] };
    const options = { cache, maker: batchMaker(0), seed: 5, pipeline };
    const all = async (repeats: number): Promise<Map<number, Float32Array[]>> => {
      const sampler = uniformSampler({ count: 3, repeats, seed: 5 });
      const loader = viewLoader({ ...options, batchSize: 1, sampler });
      const seen = new Map<number, Float32Array[]>();
      const batches = loader.from(0);
      for (let step = 0; step < loader.stepsPerEpoch; step += 1) {
        const { value } = await batches.next();
        const [index = 0, data = new Float32Array()] = [value?.indices[0], value?.views[0]?.data];
        seen.set(index, [...(seen.get(index) ?? []), data]);
      }
      return seen;
    };
    const [once, thrice] = [await all(1), await all(3)];
    for (const index of [0, 1, 2]) {
      const made = thrice.get(index) as Float32Array[];
      expect(made.length).toBe(3);
      expect(made[0]).toEqual(once.get(index)?.[0]);
      expect(made[1]).not.toEqual(made[0]);
      expect(made[2]).not.toEqual(made[1]);
    }
  });
});
