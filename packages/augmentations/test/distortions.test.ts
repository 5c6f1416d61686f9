import { createRandom } from "@dira/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bezierIntensity,
  bezierIntensityOperation,
  elastic,
  inPainting,
  localPixelShuffling,
  modelsGenesisPair,
  outPainting,
  type PaintingVariant,
  patchShuffling,
  sampleOf,
  transVwPair,
} from "../src/index.ts";
import { drawn, noise, worst } from "./samples.ts";

const seeds = fc.nat(99_999);
const runs = { numRuns: 20 };
const variants: readonly PaintingVariant[] = ["dira", "genesis", "transvw", "transvw-keras"];
const ranks: readonly (readonly [number, readonly number[]])[] = [
  [2, [48, 52]],
  [3, [32, 40, 36]],
];
const sorted = (data: Float32Array): string => data.slice().sort().join();

/** 1 within a record's windows. */
function windowsOf(windows: readonly number[], shape: readonly number[]): Float32Array {
  const rank = shape.length;
  return drawn(shape, (index) => {
    for (let w = 0; w < windows.length; w += 2 * rank) {
      const inside = index.every((i, a) => {
        const [start, length] = [windows[w + a] ?? NaN, windows[w + rank + a] ?? NaN];
        return i >= start && i < start + length;
      });
      if (inside) return 1;
    }
    return 0;
  }).data;
}

describe.each(ranks)("painting, laws, rank %i", (_, shape) => {
  it.each(variants)("in-painting (%s) changes its windows alone, and says where", (variant) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const image = noise(shape, seed);
        const out = inPainting({ variant })(sampleOf(image), createRandom(seed));
        const inside = windowsOf(out.history[0]?.parameters["windows"] as number[], shape);
        expect(worst(out.inpainted ?? [], (i) => inside[i])).toBe(0);
        expect(worst(out.image.data, (i) => (inside[i] === 1 ? undefined : image.data[i]))).toBe(0);
        const filling = new Set(out.image.data.filter((_v, i) => inside[i] === 1));
        const single = variant === "dira" || variant === "transvw-keras";
        expect(single ? filling.size <= 1 : filling.size !== 1).toBe(true);
      }),
      runs,
    );
  });

  it.each(variants)("out-painting (%s) keeps its windows alone", (variant) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        // From 2 on, where no value that is painted can be one of the image's by chance.
        const { data } = noise(shape, seed);
        const image = { shape, data: data.map((v) => v + 2) };
        const out = outPainting({ variant })(sampleOf(image), createRandom(seed));
        const inside = windowsOf(out.history[0]?.parameters["windows"] as number[], shape);
        expect(worst(out.image.data, (i) => (inside[i] === 1 ? image.data[i] : undefined))).toBe(0);
        const changed = out.image.data.filter((v, i) => inside[i] === 0 && v !== image.data[i]);
        expect(changed.length).toBe(inside.filter((v) => v === 0).length);
      }),
      runs,
    );
  });
});

describe.each(ranks)("shuffling, laws, rank %i", (_, shape) => {
  it("keeps each pixel; read from the original, some are lost where blocks overlap", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const image = noise(shape, seed);
        const out = localPixelShuffling({ blocks: 400 })(sampleOf(image), createRandom(seed));
        expect(sorted(out.image.data)).toBe(sorted(image.data));
        expect(out.image.data.join()).not.toBe(image.data.join());
        const authors = localPixelShuffling({ blocks: 400, overlap: "authors" });
        const lossy = authors(sampleOf(image), createRandom(seed)).image.data;
        expect(sorted(lossy)).not.toBe(sorted(image.data));
      }),
      { numRuns: 6 },
    );
  });

  it("moves pixels within their block alone: a tenth of each side at most", () => {
    // Each pixel holds its own place along one axis.
    shape.forEach((side, axis) => {
      const image = drawn(shape, (index) => index[axis] ?? 0);
      const one = localPixelShuffling({ blocks: 300, overlap: "authors" });
      const { data } = one(sampleOf(image), createRandom(axis)).image;
      const farthest = worst(data, (i) => image.data[i]);
      expect(farthest).toBeLessThan(Math.max(1, Math.floor(side / 10)));
      expect(farthest).toBeGreaterThan(0);
    });
  });

  it("of patches keeps each pixel and changes no more than ten pairs", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const image = noise(shape, seed);
        const out = patchShuffling()(sampleOf(image), createRandom(seed));
        expect(sorted(out.image.data)).toBe(sorted(image.data));
        const swaps = out.history[0]?.parameters["swaps"] as number[];
        expect(swaps.length).toBeLessThanOrEqual(30 * shape.length);
      }),
      runs,
    );
  });
});

describe("non-linear intensity", () => {
  it("law: rising keeps the order of values, inverted starts at 1 and ends at 0", () => {
    const ramp = drawn([1, 4001], ([, x = 0]) => x / 4000);
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, inverted) => {
        const transform = bezierIntensity({ inverted: inverted ? 1 : 0 });
        const { data } = transform(sampleOf(ramp), createRandom(seed)).image;
        expect([data[0], data[4000]]).toEqual(inverted ? [1, 0] : [0, 1]);
        expect(inverted || data.every((v, i) => i === 0 || v >= (data[i - 1] ?? 0))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it("parity: the curve itself, by bisection in float64, and the diagonal for evenly spaced points", () => {
    const operation = bezierIntensityOperation();
    const third = [1 / 3, 1 / 3, 2 / 3, 2 / 3];
    const image = noise([20, 20], 1);
    const same = operation.apply(sampleOf(image), { points: third, inverted: 0 }).image.data;
    expect(worst(same, (i) => image.data[i])).toBeLessThan(1e-6);
    const [x1, y1, x2, y2] = [0.2, 0.1, 0.7, 0.9] as const;
    const cubic = (t: number, a: number, b: number): number =>
      3 * (1 - t) ** 2 * t * a + 3 * (1 - t) * t * t * b + t ** 3;
    const bent = operation.apply(sampleOf(image), { points: [x1, y1, x2, y2], inverted: 0 });
    const error = worst(bent.image.data, (i) => {
      let [low, high] = [0, 1];
      for (let step = 0; step < 60; step += 1) {
        const middle = (low + high) / 2;
        if (cubic(middle, x1, x2) < (image.data[i] ?? NaN)) low = middle;
        else high = middle;
      }
      return cubic(low, y1, y2);
    });
    expect(error).toBeLessThan(2e-6);
  });
});

describe("elastic, statistics", () => {
  it("displaces by about 4 pixels in a cube of 64×64×32, in-plane alone, as alpha and sigma imply", () => {
    const shape = [32, 64, 64];
    const image = drawn(shape, ([, , x = 0]) => x);
    const { data } = elastic()(sampleOf(image), createRandom(3)).image;
    let [sum, count] = [0, 0];
    data.forEach((v, i) => {
      const x = i % 64;
      if (x < 24 || x >= 40 || Math.floor(i / 64) % 64 < 24) return;
      sum += (v - x) ** 2;
      count += 1;
    });
    // sd of smoothed U[−1, 1] noise: √⅓ · (1 / (2σ√π))^{3/2}, more near the border where fewer take part.
    const expected = 991 * Math.sqrt(1 / 3) * (2 * 8 * Math.sqrt(Math.PI)) ** -1.5;
    expect(expected).toBeCloseTo(3.79, 1);
    expect(Math.sqrt(sum / count) / expected).toBeGreaterThan(0.4);
    expect(Math.sqrt(sum / count) / expected).toBeLessThan(1.8);
    const deep = drawn(shape, ([z = 0]) => z);
    const moved = elastic()(sampleOf(deep), createRandom(3)).image.data;
    expect(worst(moved, (i) => deep.data[i])).toBe(0);
  });
});

describe("pairs of TransVW and Models Genesis", () => {
  it("law: TransVW's target is the cube itself; Models Genesis flips both", () => {
    const cube = noise([16, 20, 20], 4);
    for (let seed = 0; seed < 12; seed += 1) {
      const own = transVwPair()(sampleOf(cube), createRandom(seed));
      expect(own.target.data).toBe(cube.data);
      expect(own.input.history.map(({ name }) => name)).toHaveLength(2);
      const pair = modelsGenesisPair()(sampleOf(cube), createRandom(seed));
      expect(sorted(pair.target.data)).toBe(sorted(cube.data));
    }
  });
});
