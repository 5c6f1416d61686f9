import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  batchMaker,
  cacheImages,
  classBalancedSampler,
  phantomChestXrays,
  uniformSampler,
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
