import { cropResize } from "@dira/augmentations";
import fc from "fast-check";
import { createRandom } from "@dira/random";
import { describe, expect, it } from "vitest";
import {
  cacheImages,
  findLeakage,
  findNearDuplicates,
  foldsByPatient,
  hammingDistance,
  type ImageSet,
  phantomChestXrays,
  refuseLeakage,
  splitByPatient,
  subset,
} from "../index.ts";
import { nearPairs } from "./perceptual-hash.ts";

const phantoms = phantomChestXrays({ count: 10, seed: 4 });

/** A set of made-up patients and labels, without images. */
function madeUp(
  images: readonly (readonly [patient: number, labels: readonly number[]])[],
): ImageSet {
  return {
    ...phantoms,
    length: images.length,
    labelNames: ["common", "rare"],
    patient: (index) => `p${images[index]?.[0]}`,
    labels: (index) => images[index]?.[1] ?? [],
  };
}

describe("splitByPatient, laws", () => {
  const set = fc.array(
    fc.tuple(fc.nat(30), fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(0, 0, 0, 1))),
    { minLength: 1, maxLength: 120 },
  );
  it("each image is in one split, no patient in two, and a seed decides", () => {
    fc.assert(
      fc.property(set, fc.nat(99), (images, seed) => {
        fc.pre(new Set(images.map(([patient]) => patient)).size > 1);
        const shares = { train: 0.5, test: 0.5 };
        const splits = splitByPatient(madeUp(images), { seed, shares });
        const all = Object.values(splits).flat();
        expect([...all].sort((a, b) => a - b)).toEqual(images.map((_, i) => i));
        const patients = Object.values(splits).map(
          (part) => new Set(part.map((i) => images[i]?.[0])),
        );
        const total = patients.reduce((sum, { size }) => sum + size, 0);
        expect(total).toBe(new Set(images.map(([patient]) => patient)).size);
        expect(splitByPatient(madeUp(images), { seed, shares })).toEqual(splits);
      }),
    );
  });

  it("keeps the shares of images and of labels, rare ones too", () => {
    const random = createRandom("split test");
    const images = Array.from({ length: 3000 }, () => {
      const labels = [Number(random.bernoulli(0.4)), Number(random.bernoulli(0.02))];
      return [random.integer(0, 800), labels] as const;
    });
    const rare = (part: readonly number[]): number =>
      part.filter((i) => images[i]?.[1][1] === 1).length;
    const { train = [], val = [], test = [] } = splitByPatient(madeUp(images), { seed: 0 });
    const everyRare = rare(images.map((_, i) => i));
    for (const [part, share] of [
      [train, 0.7],
      [val, 0.1],
      [test, 0.2],
    ] as const) {
      expect(Math.abs(part.length / 3000 - share)).toBeLessThan(0.01);
      expect(Math.abs(rare(part) - share * everyRare)).toBeLessThan(2.5);
    }
  });

  it("says when it can't", () => {
    const { patient: _, ...strangers } = phantoms;
    expect(() => splitByPatient(strangers, { seed: 0 })).toThrow(
      /does not say which image is whose/,
    );
    expect(() => splitByPatient(phantoms, { seed: 0, shares: { a: 0.5, b: 0.4 } })).toThrow(
      /add up to 1, got a 0.5, b 0.4/,
    );
    const pair = madeUp([0, 0, 1].map((patient) => [patient, []]));
    expect(() => splitByPatient(pair, { seed: 0 })).toThrow(
      /: the 2 patients \(3 images\) leave nothing for val \(share 0.1\)/,
    );
    const shares = { train: 0.5, val: 0, test: 0.5 };
    expect(splitByPatient(pair, { seed: 0, shares })["val"]).toEqual([]);
  });
});

describe("foldsByPatient, laws", () => {
  it("each image is tested once, no patient is in two splits of a fold, and shares are kept", () => {
    const random = createRandom("folds test");
    const images = Array.from({ length: 600 }, () => {
      const labels = [Number(random.bernoulli(0.4)), Number(random.bernoulli(0.05))];
      return [random.integer(0, 200), labels] as const;
    });
    const folds = foldsByPatient(madeUp(images), { folds: 5, seed: 1 });
    const tested = folds.flatMap(({ test }) => test).sort((a, b) => a - b);
    expect(tested).toEqual(images.map((_, i) => i));
    for (const { train, val, test } of folds) {
      const parts = [train, val, test].map((part) => new Set(part.map((i) => images[i]?.[0])));
      const patients = new Set(images.map(([patient]) => patient));
      expect(parts.reduce((sum, { size }) => sum + size, 0)).toBe(patients.size);
      expect(train.length + val.length + test.length).toBe(600);
      expect(Math.abs(test.length - 120)).toBeLessThan(6);
      expect(Math.abs(val.length - 60)).toBeLessThan(6);
    }
  });

  it("says when it can't", () => {
    expect(() => foldsByPatient(phantoms, { folds: 1, seed: 0 })).toThrow(
      /needs 2 folds or more, a whole number of them, got 1/,
    );
    expect(() => foldsByPatient(phantoms, { folds: 2, val: 0.5, seed: 0 })).toThrow(
      /must be at least 0 and less than 0.500, got 0.5/,
    );
    expect(() => foldsByPatient(phantoms, { folds: 20, seed: 0 })).toThrow(/leave nothing for/);
  });
});

describe("nearPairs, laws", () => {
  it("finds what comparing all pairs finds", () => {
    fc.assert(
      fc.property(fc.nat(999), fc.integer({ min: 0, max: 15 }), (seed, limit) => {
        const random = createRandom(seed, "hashes");
        const hashes: Uint16Array[] = [];
        for (let i = 0; i < 24; i += 1) {
          const near = hashes[random.integer(0, Math.max(1, i))];
          const hash =
            near?.slice() ?? Uint16Array.from({ length: 16 }, () => random.integer(0, 65536));
          const flips = random.integer(0, 25);
          for (let k = 0; k < flips; k += 1) {
            const word = random.integer(0, 16);
            hash[word] = (hash[word] as number) ^ (1 << random.integer(0, 16));
          }
          hashes.push(hash);
        }
        const every = hashes.flatMap((x, a) =>
          hashes.flatMap((y, b) => {
            const distance = hammingDistance(x, y);
            return a < b && distance <= limit ? [{ a, b, distance }] : [];
          }),
        );
        expect(nearPairs(hashes, limit)).toEqual(every);
      }),
    );
  });
});

describe("leakage, examples", () => {
  /** The phantoms, of which some are copies of others, darker, in another size. */
  function withCopies(copies: Readonly<Record<number, number>>): ImageSet {
    return {
      ...phantoms,
      read: async (index, side) => {
        const of = copies[index];
        if (of === undefined) return phantoms.read(index, side);
        const image = await phantoms.read(of, side);
        const { data, shape } = cropResize(image, [0, 0, ...image.shape], [90, 90]);
        return { data: data.map((value) => 0.1 + 0.6 * value), shape };
      },
    };
  }

  it("finds copies in other sizes and intensities, and nothing else", async () => {
    const cache = await cacheImages(withCopies({ 8: 1 }), { side: 128 });
    const found = await findNearDuplicates({ all: cache });
    expect(found.map(({ a, b }) => [a.id, b.id])).toEqual([["phantom-1", "phantom-8"]]);
  });

  it("copies across splits, and shared patients, are refused; within one they are not", async () => {
    const cached = (set: ImageSet, indices: readonly number[]): ReturnType<typeof cacheImages> =>
      cacheImages(subset(set, indices), { side: 96 });
    const set = withCopies({ 8: 1 });
    const apart = { train: await cached(set, [0, 1, 2, 8]), val: await cached(set, [3, 4, 5]) };
    expect(await findLeakage(apart)).toEqual({ patients: [], duplicates: [] });
    await refuseLeakage(apart);
    const copied = { train: await cached(set, [0, 1]), val: await cached(set, [7, 8]) };
    await expect(refuseLeakage(copied)).rejects.toThrow(
      /1 pairs of images are copies across splits \(train: phantom-1 and val: phantom-8\)/,
    );
    const sharing = { ...set, patient: (index: number): string => String(index % 4) };
    const shared = { train: await cached(sharing, [0, 1]), val: await cached(sharing, [3, 4]) };
    await expect(refuseLeakage(shared)).rejects.toThrow(
      /1 patients are in more than one split \(0 in train and val\)/,
    );
  });

  it("volumes too", async () => {
    const volume = (index: number): Float32Array => {
      const random = createRandom(index, "volume");
      return Float32Array.from({ length: 8 * 16 * 20 }, () => random.uniform());
    };
    const set: ImageSet = {
      name: "volumes",
      length: 4,
      spatialRank: 3,
      id: String,
      read: async (index) => ({ data: volume(index % 3), shape: [8, 16, 20] }),
    };
    const found = await findNearDuplicates({ all: await cacheImages(set) });
    expect(found.map(({ a, b }) => [a.id, b.id])).toEqual([["0", "3"]]);
  });
});
