import { createRandom } from "@dira/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Raster, randomPatch, replay, type Sample, sampleOf } from "./index.ts";

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
});
