import { createRandom } from "@dira/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { patchSampler, type Raster, randomPatch, replay, type Sample, sampleOf } from "./index.ts";

const draws = 400;
const boxOf = ({ history }: Sample): readonly number[] =>
  history[0]?.parameters["window"] as readonly number[];

describe.each([2, 3])("randomPatch in rank %i, laws", (rank) => {
  const shape = rank === 2 ? [20, 24] : [10, 12, 14];
  const size = shape.map((_, axis) => 4 + axis);
  const pixels = shape.reduce((a, b) => a * b, 1);
  const raster = (at: readonly number[]): Raster => {
    const data = new Float32Array(pixels).fill(-1000);
    for (const i of at) data[i] = 40;
    return { data, shape };
  };

  it("lies within the image, anywhere", () => {
    const patch = randomPatch({ size });
    const starts = Array.from({ length: draws }, (_, i) =>
      boxOf(patch(sampleOf(raster([])), createRandom(i))).slice(0, rank),
    );
    shape.forEach((side, axis) => {
      const along = starts.map((start) => start[axis] as number);
      expect(Math.min(...along)).toBe(0);
      expect(Math.max(...along)).toBe(side - (size[axis] as number));
    });
  });

  it("contains a qualifying pixel whenever it is asked to, by mask and by body", () => {
    fc.assert(
      fc.property(fc.nat(pixels - 1), fc.nat(999), fc.boolean(), (at, seed, masked) => {
        const mask = { data: new Uint8Array(pixels), shape };
        mask.data[at] = 2;
        const sample = sampleOf(raster([at]), mask);
        const cut = randomPatch({ size, by: masked ? "mask" : "body" })(sample, createRandom(seed));
        expect(cut.image.shape).toEqual(size);
        expect(masked ? cut.mask?.data.includes(2) : cut.image.data.includes(40)).toBe(true);
        expect(replay(sample, cut.history)).toEqual(cut);
      }),
      { numRuns: 60 },
    );
  });

  it("takes each qualifying pixel equally often, and others for the rest of the share", () => {
    const ends = [0, pixels - 1];
    const sample = sampleOf(raster(ends));
    const patch = randomPatch({ size, by: "body", share: 0.5 });
    const hits = Array.from({ length: 4 * draws }, (_, i) => {
      const { data } = patch(sample, createRandom(i)).image;
      return [data[0] === 40, data.at(-1) === 40].map(Number);
    });
    for (const end of [0, 1]) {
      const share = hits.reduce((sum, hit) => sum + (hit[end] as number), 0) / hits.length;
      // A quarter by choice; standard deviation 0.011, and a few by chance.
      expect(share).toBeGreaterThan(0.25 - 5 * 0.011);
      expect(share).toBeLessThan(0.27 + 5 * 0.011);
    }
  });

  it("pads what is smaller, and lies anywhere where nothing qualifies", () => {
    const wide = randomPatch({ size: shape.map((side) => side + 3), by: "body" });
    const cut = wide(sampleOf(raster([])), createRandom(1));
    expect(cut.image.shape).toEqual(shape.map((side) => side + 3));
    expect(cut.image.data.filter((value) => value === -1000).length).toBe(pixels);
    expect(() => randomPatch({ size, by: "mask" })(sampleOf(raster([])), createRandom(1))).toThrow(
      /by `mask`, but the sample has none/,
    );
  });

  it("filters by tissue: takes the first of twenty patches whose share is within, else the nearest", () => {
    const above = 0.425;
    const share = ({ image }: Sample): number =>
      image.data.filter((value) => value >= above).length / image.data.length;
    fc.assert(
      fc.property(
        fc.nat(pixels - 1),
        fc.nat(999),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (end, seed, one, other) => {
          const tissue = [Math.min(one, other), Math.max(one, other)] as const;
          // Tissue up to a place in memory, and exactly at the limit.
          const data = Float32Array.from({ length: pixels }, (_, i) => (i <= end ? 0.425 : 0.2));
          const sample = sampleOf({ data, shape });
          const level = Math.fround(above);
          const cut = randomPatch({ size, above: level, tissue })(sample, createRandom(seed));
          const own = createRandom(seed).derive("patch");
          const plain = Array.from({ length: 20 }, (_, again) => {
            const place = (again === 0 ? own : own.derive("again", again)).derive("place");
            const starts = shape.map((side, axis) =>
              place.integer(0, side - (size[axis] as number) + 1),
            );
            const window = [...starts, ...size];
            const parameters = { window, from: shape, border: 0, value: 0 };
            return replay(sample, [{ name: "cropPad", parameters }]);
          });
          const away = (patch: Sample): number =>
            Math.max(tissue[0] - share(patch), share(patch) - tissue[1], 0);
          const nearest = Math.min(...plain.map(away));
          const expected = plain.find((patch) => away(patch) === nearest);
          expect(boxOf(cut)).toEqual(boxOf(expected as Sample));
          expect(replay(sample, cut.history)).toEqual(cut);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("counts what lies beyond the image as air", () => {
    const double = shape.map((side) => 2 * side);
    const data = new Float32Array(pixels).fill(1);
    // All of the image is a quarter or an eighth of the patch: twenty draws of the same.
    const cut = randomPatch({ size: double, above: 0, tissue: [0.9, 1] })(
      sampleOf({ data, shape }),
      createRandom(1),
    );
    expect(cut.image.data.reduce((a, b) => a + b, 0)).toBe(pixels);
  });

  it("patchSampler gives the same of pixels as they are kept", () => {
    const kinds = [Uint8Array, Uint16Array, Int16Array, Float32Array];
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.constantFrom("uniform", "mask", "body"),
        fc.constantFrom<[number, number]>([0, 1], [0.4, 1], [0, 0.2]),
        fc.constantFrom(-3, 0, 7),
        fc.nat(999),
        (Kind, by, tissue, larger, seed) => {
          const data = new Kind(pixels).map((_: number, i: number) => (i * 7919) % 251);
          const mask = { data: Uint8Array.from(data, (v) => Number(v > 240)), shape };
          const place = { spacing: shape.map((n) => n / 7), origin: shape.map((n) => -n) };
          const above =
            data instanceof Uint8Array ? 0.6 : data instanceof Uint16Array ? 0.002 : 150;
          const options = { size: shape.map((n) => n + larger), by, tissue, above };
          const raster = { data, shape, ...place };
          const own = patchSampler(options)(raster, createRandom(seed), mask);
          expect(own).toEqual(randomPatch(options)(sampleOf(raster, mask), createRandom(seed)));
        },
      ),
      { numRuns: 60 },
    );
    const wrong = { data: new Uint8Array(4), shape: [2, 2] };
    const data = new Float32Array(pixels);
    expect(() => patchSampler({ size: 2 })({ data, shape }, createRandom(1), wrong)).toThrow(
      /mask: expected the image's shape/,
    );
  });

  it("among few and among many that qualify, each is equally likely", () => {
    for (const most of [4, pixels / 2]) {
      // Every n-th pixel; the first axis' first index has few of them.
      const step = Math.floor(pixels / most);
      const bright = Array.from({ length: Math.floor(pixels / step) }, (_, i) => i * step);
      const sample = sampleOf(raster(bright));
      const ones = randomPatch({ size: shape.map(() => 1), by: "body" });
      const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
      const hits = Array.from({ length: 2000 }, (_, i) => {
        const start = boxOf(ones(sample, createRandom(i))).slice(0, rank);
        return start.reduce((sum, at, axis) => sum + at * (strides[axis] as number), 0);
      });
      expect(hits.every((at) => at % step === 0)).toBe(true);
      const early = hits.filter((at) => at < pixels / 4).length / hits.length;
      const share = bright.filter((at) => at < pixels / 4).length / bright.length;
      // Standard deviation of a share of a quarter in 2,000 draws: 0.0097.
      expect(Math.abs(early - share)).toBeLessThan(5 * 0.0097);
    }
  });
});
