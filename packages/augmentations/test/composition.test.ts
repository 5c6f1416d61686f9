import { createRandom } from "@dira/random";
import { describe, expect, it } from "vitest";
import {
  brightness,
  compose,
  elastic,
  flip,
  gamma,
  inverse,
  normalize,
  pad,
  randomResizedCrop,
  type Raster,
  replay,
  rescaleIntensity,
  rotate90,
  type Sample,
  sampleOf,
  someOf,
  testTimeAugmentation,
  type Transform,
  transformOf,
  undo,
  views,
} from "../src/index.ts";
import { drawn, exactly, noise, shapes, worst } from "./samples.ts";

describe("someOf", () => {
  const named = (name: string): Transform =>
    transformOf({ name, draw: () => ({}), apply: (sample) => sample });
  const letters = ["a", "b", "c", "d"].map(named);
  const drawnNames = (count: number | readonly [number, number], seed: number): string[] =>
    someOf(count, ...letters)(sampleOf(noise([2, 2], 1)), createRandom(seed)).history.map(
      ({ name }) => name,
    );

  it("law: as many as were asked for, none twice, all equally often and in every order", () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 4000; seed += 1) {
      const names = drawnNames(2, seed);
      expect(new Set(names).size).toBe(2);
      counts.set(names.join(), (counts.get(names.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(12);
    for (const count of counts.values()) expect(Math.abs(count - 4000 / 12)).toBeLessThan(80);
    const lengths = new Set(
      Array.from({ length: 60 }, (_, seed) => drawnNames([0, 4], seed).length),
    );
    expect([...lengths].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  });

  it("example: more than there are is refused", () => {
    expect(() => someOf(5, ...letters)).toThrow(/between 0 and the 4 transforms/);
  });
});

describe("views", () => {
  it("law: each view has its own stream; changing one leaves the others as they were", () => {
    const crop = randomResizedCrop({ size: 12 });
    const start = sampleOf(noise([20, 20], 2));
    const make = views<Sample>(crop, crop, compose(crop, flip()));
    const [a, b, c] = make(start, createRandom(7)).map(exactly);
    expect(a).not.toBe(b);
    const other = views<Sample>(crop, (sample) => sample, compose(crop, flip()));
    const [d, , e] = other(start, createRandom(7)).map(exactly);
    expect([d, e]).toEqual([a, c]);
  });
});

describe("inverse", () => {
  it("law: a whole chain is undone, place in the world and all", () => {
    const chain = compose(
      flip({ axes: [0] }),
      pad({ padding: 3 }),
      rotate90({ times: [1] }),
      normalize({ mean: 0.5, std: 0.25 }),
      brightness({ cut: [-Infinity, Infinity] }),
    );
    const image = { ...noise([14, 17], 3), spacing: [2, 3], origin: [5, 6] };
    const back = undo(chain(sampleOf(image), createRandom(3)));
    expect(worst(back.image.data, (i) => image.data[i])).toBeLessThan(2e-6);
    expect(back.image).toMatchObject({ spacing: [2, 3], origin: [5, 6] });
  });

  it("example: a descending scale is undone; what is cut on one side alone is cut there, in records too", () => {
    const image = noise([9, 9], 4);
    const descending = rescaleIntensity({ from: [0, 1], to: [3, -1] });
    const back = undo(descending(sampleOf(image), createRandom(1))).image.data;
    expect(worst(back, (i) => image.data[i])).toBeLessThan(1e-6);
    const cutAbove = brightness({ factor: [3, 3], cut: [-Infinity, 2] });
    const { image: cut, history } = cutAbove(sampleOf(image), createRandom(1));
    expect(worst(cut.data, (i) => Math.min(2, 3 * (image.data[i] ?? NaN)))).toBeLessThan(1e-6);
    const records = JSON.parse(JSON.stringify(history)) as Sample["history"];
    expect(worst(replay(sampleOf(image), records).image.data, (i) => cut.data[i])).toBe(0);
  });

  it("example: it names what can't be undone, and leaves intensities out when asked", () => {
    const done = compose(
      flip(),
      gamma(),
      elastic({ alpha: 3 }),
    )(sampleOf(noise([9, 9], 1)), createRandom(1));
    expect(() => inverse(done.history)).toThrow(/`elastic`.*can't be undone/);
    const names = inverse(done.history.slice(0, 2), { of: "spatial" }).map(({ name }) => name);
    expect(names).toEqual(["flip"]);
  });
});

describe.each(shapes)("test-time augmentation, rank %i", (_, shape) => {
  const image = { ...drawn(shape, (index) => index.reduce((sum, v) => sum + v, 1) / 100) };
  const same = (view: Sample): Raster => view.image;
  const transforms = [
    (sample: Sample): Sample => sample,
    flip(),
    rotate90({ times: [1], axes: [-2, -1] }),
    pad({ padding: 2 }),
  ];

  it("law: a model that does the same everywhere gives what it gives without", async () => {
    const mean = await testTimeAugmentation(sampleOf(image), createRandom(1), {
      transforms,
      predict: same,
    });
    expect(worst(mean.data, (i) => image.data[i])).toBeLessThan(1e-6);
  });

  it("law: of a model that looks at left and right, it takes the mean of both sides", async () => {
    // Gives 1 on the left half of what it sees.
    const half = (view: Sample): Raster => {
      const width = view.image.shape.at(-1) ?? 1;
      const data = view.image.data.map((_v, i) => Number(i % width < width / 2));
      return { data, shape: view.image.shape };
    };
    const mean = await testTimeAugmentation(sampleOf(image), createRandom(1), {
      transforms: [transforms[0] as Transform, flip()],
      predict: half,
    });
    expect(worst(mean.data, () => 0.5)).toBe(0);
  });

  it("law: what a view does not show takes no part in its share", async () => {
    const crop = randomResizedCrop({ size: 10, scale: [0.2, 0.3] });
    const ones = (view: Sample): Raster => ({ ...view.image, data: view.image.data.map(() => 1) });
    const mean = await testTimeAugmentation(sampleOf(image), createRandom(1), {
      transforms: [crop, crop, crop],
      predict: ones,
    });
    expect(mean.data.every((v) => v === 0 || Math.abs(v - 1) < 1e-6)).toBe(true);
    expect(mean.data.some((v) => v === 0) && mean.data.some((v) => v > 0)).toBe(true);
  });

  it("example: a prediction of another shape is refused", async () => {
    const wrong = (): Raster => noise([3, 3], 1);
    await expect(
      testTimeAugmentation(sampleOf(image), createRandom(1), { transforms, predict: wrong }),
    ).rejects.toThrow(/prediction of the view's shape/);
  });
});
