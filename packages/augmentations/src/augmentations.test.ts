import { createRandom } from "@dira/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  colorJitter,
  colorJitterOperation,
  cropResize,
  diraViews,
  flipHorizontally,
  flipOperation,
  gaussianBlur,
  gaussianBlurOperation,
  inPainting,
  inPaintingOperation,
  oneOf,
  outPainting,
  outPaintingOperation,
  patchShuffling,
  patchShufflingOperation,
  type Raster,
  randomResizedCrop,
  randomResizedCropOperation,
  replay,
  sampleOf,
  type Transform,
  withProbability,
} from "./index.ts";

const imageOf = (height: number, width: number, seed: number): Raster => {
  const random = createRandom(seed, "image");
  return {
    data: Float32Array.from({ length: height * width }, () => random.uniform()),
    shape: [height, width],
  };
};
const cases = fc.record({
  h: fc.integer({ min: 32, max: 48 }),
  w: fc.integer({ min: 32, max: 48 }),
  seed: fc.nat(9999),
});
const all: [string, Transform][] = [
  ["randomResizedCrop", randomResizedCrop({ size: 24 })],
  ["flip", flipHorizontally],
  ["colorJitter", colorJitter()],
  ["gaussianBlur", gaussianBlur()],
  ["inPainting", inPainting()],
  ["outPainting", outPainting()],
  ["patchShuffling", patchShuffling()],
];
const operations = [
  randomResizedCropOperation({ size: 24 }),
  flipOperation(),
  colorJitterOperation(),
  gaussianBlurOperation(),
  inPaintingOperation(),
  outPaintingOperation(),
  patchShufflingOperation(),
] as never[];

describe.each(all)("%s, laws", (_, transform) => {
  it("gives [0, 1], does not touch its input, repeats from its key and replays from its history", () => {
    fc.assert(
      fc.property(cases, ({ h, w, seed }) => {
        const image = imageOf(h, w, seed);
        const before = image.data.slice();
        const once = transform(sampleOf(image), createRandom(seed));
        expect(image.data).toEqual(before);
        expect(once.image.data.every((v) => v >= -1e-6 && v <= 1 + 1e-6)).toBe(true);
        expect(transform(sampleOf(image), createRandom(seed)).image.data).toEqual(once.image.data);
        expect(replay(sampleOf(image), once.history, operations).image.data).toEqual(
          once.image.data,
        );
      }),
      { numRuns: 25 },
    );
  });

  it("with probability 0 changes no bit", () => {
    const sample = sampleOf(imageOf(32, 32, 1));
    expect(withProbability(0, transform)(sample, createRandom(1))).toBe(sample);
  });
});

describe("distortions, laws", () => {
  it("in-painting changes just what it says, to 0", () => {
    fc.assert(
      fc.property(cases, ({ h, w, seed }) => {
        const image = imageOf(h, w, seed);
        const { image: out, inpainted } = inPainting()(sampleOf(image), createRandom(seed));
        out.data.forEach((value, i) =>
          expect(value).toBe(inpainted?.[i] === 1 ? 0 : image.data[i]),
        );
        expect(inpainted?.some((v) => v === 1)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it("out-painting keeps its windows and blackens the rest", () => {
    const image = imageOf(64, 64, 3);
    const out = outPainting()(sampleOf(image), createRandom(3)).image.data;
    let kept = 0;
    out.forEach((value, i) => {
      if (value !== 0) kept += 1;
      expect([0, image.data[i]]).toContain(value);
    });
    expect(kept).toBeGreaterThan(0.4 * 64 * 64);
  });

  it("shuffling loses and doubles no pixel; with the authors' overlap it sometimes does", () => {
    const sorted = (data: Float32Array): Float32Array => data.slice().sort();
    fc.assert(
      fc.property(cases, ({ h, w, seed }) => {
        const image = imageOf(h, w, seed);
        expect(sorted(patchShuffling()(sampleOf(image), createRandom(seed)).image.data)).toEqual(
          sorted(image.data),
        );
      }),
      { numRuns: 25 },
    );
    const image = imageOf(48, 48, 1);
    const authors = patchShuffling({ overlap: "authors" });
    const damaged = Array.from(
      { length: 60 },
      (_, seed) =>
        sorted(authors(sampleOf(image), createRandom(seed)).image.data).join() !==
        sorted(image.data).join(),
    );
    expect(damaged.some(Boolean)).toBe(true);
  });
});

describe("parity", () => {
  it("cropResize without scaling is a cut, and halving weighs by the triangle of PIL", () => {
    const image = imageOf(8, 8, 1);
    const cut = cropResize(image, [2, 1, 4, 5], [4, 5]);
    expect(cut.data[0]).toBeCloseTo(image.data[17] ?? 0, 6);
    const row: Raster = { data: Float32Array.from([0, 1, 2, 3, 4, 5, 6, 7]), shape: [1, 8] };
    // PIL: Image.fromarray(float row).resize((4, 1), BILINEAR)
    const expected = [5 / 7, 2.5, 4.5, 44 / 7];
    cropResize(row, [0, 0, 1, 8], [1, 4]).data.forEach((v, i) =>
      expect(v).toBeCloseTo(expected[i] ?? 0, 5),
    );
  });

  it("blur keeps a constant, and spreads a point with the variance asked for", () => {
    const operation = gaussianBlurOperation();
    const flat: Raster = { data: new Float32Array(400).fill(0.3), shape: [20, 20] };
    operation
      .apply(sampleOf(flat), { sigma: 1.5 })
      .image.data.forEach((v) => expect(v).toBeCloseTo(0.3, 5));
    const point: Raster = { data: new Float32Array(41 * 41), shape: [41, 41] };
    point.data[20 * 41 + 20] = 1;
    const { data } = operation.apply(sampleOf(point), { sigma: 1.5 }).image;
    const variance = data.reduce((sum, v, i) => sum + v * ((i % 41) - 20) ** 2, 0);
    expect(variance).toBeCloseTo(2.25, 1);
  });

  it("flip twice is the identity; contrast pulls towards the mean", () => {
    const image = imageOf(5, 6, 1);
    const twice = flipHorizontally(
      flipHorizontally(sampleOf(image), createRandom(1)),
      createRandom(1),
    );
    expect(twice.image.data).toEqual(image.data);
    const two: Raster = { data: Float32Array.from([0.2, 0.6]), shape: [1, 2] };
    const { data } = colorJitterOperation().apply(sampleOf(two), {
      brightness: 1,
      contrast: 0.5,
      contrastFirst: 0,
    }).image;
    expect(data[0]).toBeCloseTo(0.3, 6);
    expect(data[1]).toBeCloseTo(0.5, 6);
  });
});

describe("DiRA's views", () => {
  it("law: where nothing but in-painting happened, view 1 equals the target outside its windows", () => {
    const image = imageOf(64, 64, 2);
    const plain = Array.from({ length: 120 }, (_, seed) =>
      diraViews({ size: 32 })(image, createRandom(seed)),
    ).filter(({ views: [{ history }] }) =>
      history.every(({ name }) => ["randomResizedCrop", "flip", "inPainting"].includes(name)),
    );
    expect(plain.length).toBeGreaterThan(2);
    for (const { views, target } of plain) {
      const painted = views[0].inpainted ?? new Uint8Array(32 * 32);
      const expected = target.data.map((v, i) => (painted[i] === 1 ? 0 : v));
      expect(views[0].image.data).toEqual(expected);
    }
  });

  it("law: with the authors' order the target is not mirrored, aligned it is", () => {
    const image = imageOf(64, 64, 2);
    const seeds = Array.from({ length: 40 }, (_, i) => i);
    const differ = seeds.filter((seed) => {
      const target = (flip: "aligned" | "authors"): string =>
        diraViews({ size: 32, flip })(image, createRandom(seed)).target.data.join();
      return target("aligned") !== target("authors");
    });
    expect(differ.length).toBeGreaterThan(8);
    expect(differ.length).toBeLessThan(32);
  });

  it("statistics: distortions come as often as published", () => {
    const image = imageOf(32, 32, 2);
    const counts: Record<string, number> = {};
    const n = 2000;
    for (let seed = 0; seed < n; seed += 1) {
      const { history } = diraViews({ size: 32 })(image, createRandom(seed)).views[1];
      for (const { name } of history) counts[name] = (counts[name] ?? 0) + 1;
    }
    const published = {
      inPainting: 0.3,
      outPainting: 0.05,
      patchShuffling: 0.3,
      colorJitter: 0.8,
      gaussianBlur: 0.5,
      flip: 0.5,
      randomResizedCrop: 1,
    };
    for (const [name, p] of Object.entries(published)) {
      expect(Math.abs((counts[name] ?? 0) / n - p)).toBeLessThanOrEqual(
        4 * Math.sqrt((p * (1 - p)) / n),
      );
    }
  });

  it("example: probabilities above 1 are refused", () => {
    expect(() => oneOf([0.7, inPainting()], [0.7, outPainting()])).toThrow(/add up to at most 1/);
  });
});
