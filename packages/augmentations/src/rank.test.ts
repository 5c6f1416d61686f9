import { createRandom } from "@dira/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  colorJitter,
  compose,
  diraViews,
  flipHorizontally,
  gaussianBlur,
  inPainting,
  oneOf,
  outPainting,
  patchShuffling,
  type Raster,
  randomResizedCrop,
  replay,
  type Sample,
  sampleOf,
  type Transform,
  withProbability,
} from "./index.ts";

const rasterOf = (shape: readonly number[], seed: number): Raster => {
  const random = createRandom(seed, "raster");
  const length = shape.reduce((a, b) => a * b, 1);
  return { data: Float32Array.from({ length }, () => random.uniform()), shape };
};
const all: [string, Transform][] = [
  ["randomResizedCrop", randomResizedCrop({ size: 20 })],
  ["flip", flipHorizontally],
  ["colorJitter", colorJitter()],
  ["gaussianBlur", gaussianBlur()],
  ["inPainting", inPainting()],
  ["outPainting", outPainting()],
  ["patchShuffling", patchShuffling()],
];
const pipeline = compose(
  withProbability(0.9, randomResizedCrop({ size: 24 })),
  colorJitter(),
  withProbability(0.5, gaussianBlur()),
  withProbability(0.5, flipHorizontally),
  oneOf([0.3, inPainting()], [0.3, outPainting()], [0.3, patchShuffling()]),
);

describe.each(all)("%s, laws of rank", (_, transform) => {
  it("a volume of depth 1 gives what the image gives, bit for bit", () => {
    fc.assert(
      fc.property(fc.nat(9999), (seed) => {
        const flat = rasterOf([36, 40], seed);
        const deep = { data: flat.data, shape: [1, 36, 40] };
        const [a, b] = [flat, deep].map((raster) =>
          transform(sampleOf(raster), createRandom(seed)),
        );
        expect(b?.image.data).toEqual(a?.image.data);
        expect(b?.image.shape).toEqual([1, ...(a?.image.shape ?? [])]);
      }),
      { numRuns: 20 },
    );
  });

  it("takes volumes, within [0, 1]", () => {
    const out = transform(sampleOf(rasterOf([6, 30, 32], 1)), createRandom(1)).image;
    expect(out.shape.length).toBe(3);
    expect(out.data.every((v) => v >= 0 && v <= 1 + 1e-6)).toBe(true);
  });
});

describe.each([
  [2, [36, 40]],
  [3, [4, 36, 40]],
])("samples of rank %i, laws", (_, shape) => {
  it("a mask cut from the image stays on it; no label arises; intensities leave it alone", () => {
    fc.assert(
      fc.property(fc.nat(9999), (seed) => {
        const side = shape.at(-1) as number;
        // Left half dark and 0, right half bright and 7.
        const right = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_v, i) =>
          Number(i % side >= side / 2),
        );
        const image = { data: Float32Array.from(right), shape };
        const mask = { data: Uint8Array.from(right, (v) => 7 * v), shape };
        const moved = compose(
          randomResizedCrop({ size: 30 }),
          withProbability(0.5, flipHorizontally),
        );
        const out = moved(sampleOf(image, mask), createRandom(seed));
        const differ = out.image.data.filter((v, i) => (v > 0.5 ? 7 : 0) !== out.mask?.data[i]);
        expect(differ.length).toBeLessThanOrEqual(out.image.data.length / 15);
        expect(out.mask?.data.every((v) => v === 0 || v === 7)).toBe(true);
        const jittered = compose(colorJitter(), gaussianBlur())(out, createRandom(seed));
        expect(jittered.mask).toBe(out.mask);
      }),
      { numRuns: 20 },
    );
  });

  it("a history that went through JSON replays the whole pipeline bit for bit", () => {
    fc.assert(
      fc.property(fc.nat(9999), (seed) => {
        const start = sampleOf(rasterOf(shape, seed));
        const done = pipeline(start, createRandom(seed));
        const history = JSON.parse(JSON.stringify(done.history)) as Sample["history"];
        expect(replay(start, history)).toEqual(done);
      }),
      { numRuns: 25 },
    );
  });
});

describe("examples", () => {
  it.each([255, 65535])(
    "views of whole numbers up to %i replay bit for bit, also through floats",
    (white) => {
      const values = Array.from({ length: 50 * 60 }, (_, i) => (i * 3701) % (white + 1));
      const data = white === 255 ? Uint8Array.from(values) : Uint16Array.from(values);
      const image = { data, shape: [50, 60] };
      const floats = { data: Float32Array.from(values, (v) => v / white), shape: [50, 60] };
      for (let seed = 0; seed < 20; seed += 1) {
        const { views, target } = diraViews({ size: 32 })(image, createRandom(seed));
        for (const view of views) expect(replay(sampleOf(image), view.history)).toEqual(view);
        const near = diraViews({ size: 32 })(floats, createRandom(seed)).target.data;
        expect(target.data.every((v, i) => Math.abs(v - (near[i] as number)) < 1e-6)).toBe(true);
      }
    },
  );

  it("says what is wrong with a raster and with a history", () => {
    const wrong = { data: new Float32Array(5), shape: [2, 3] };
    expect(() => sampleOf(wrong)).toThrow(/multiply to its 5 pixels, got \[2, 3\]/);
    const record = { name: "swirl", parameters: {} };
    expect(() => replay(sampleOf(rasterOf([2, 2], 1)), [record])).toThrow(/swirl.*not among/);
  });
});
