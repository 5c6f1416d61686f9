import { createRandom } from "@dira/random";
import { describe, expect, it } from "vitest";
import {
  affineOperation,
  barlowTwinsViews,
  biasFieldOperation,
  brightnessContrastOperation,
  classificationTraining,
  colorJitterOperation,
  diraViews,
  gammaOperation,
  gaussianBlurOperation,
  gaussianNoiseOperation,
  inPaintingOperation,
  mocoV2Views,
  modelsGenesisPair,
  opticalDistortionOperation,
  type Operation,
  outPaintingOperation,
  randomResizedCropOperation,
  repeatedFlipOperation,
  rotate90Operation,
  type Sample,
  sampleOf,
  segmentationTraining,
  transVwPair,
} from "../src/index.ts";
import { noise } from "./samples.ts";

const N = 20_000;
type Parameters = Readonly<Record<string, number | readonly number[]>>;

/** What an operation draws, N times. */
function draws(operation: unknown, shape: readonly number[]): Parameters[] {
  const { draw } = operation as Operation<Parameters>;
  return Array.from({ length: N }, (_, i) => draw(shape, createRandom("statistics", i)));
}

/** Within the range, its ends nearly reached, and its mean within 4.5 standard errors. */
function expectUniform(values: readonly number[], low: number, high: number): void {
  const [least, most] = ends(values);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const slack = (high - low) * 0.002;
  expect(least).toBeGreaterThanOrEqual(low);
  expect(most).toBeLessThanOrEqual(high);
  expect(least).toBeLessThan(low + slack);
  expect(most).toBeGreaterThan(high - slack);
  const error = (high - low) / Math.sqrt(12 * values.length);
  expect(Math.abs(mean - (low + high) / 2)).toBeLessThan(4.5 * error);
}

/** The smallest and the largest of very many. */
function ends(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], v) => [Math.min(low, v), Math.max(high, v)],
    [Infinity, -Infinity],
  );
}

/** A share within 4.5 standard errors of p. */
function expectShare(count: number, of: number, p: number): void {
  expect(Math.abs(count / of - p)).toBeLessThanOrEqual(4.5 * Math.sqrt((p * (1 - p)) / of));
}

describe(`statistics of ${N} draws: documented ranges hold, evenly filled`, () => {
  const number =
    (key: string) =>
    (p: Parameters): number =>
      p[key] as number;
  const angle = ({ matrix }: Parameters): number => {
    const [cos = 0, , sin = 0] = matrix as number[];
    return (Math.atan2(sin, cos) * 180) / Math.PI;
  };
  it.each<[string, unknown, (p: Parameters) => number, number, number]>([
    ["jitter's brightness", colorJitterOperation(), number("brightness"), 0.6, 1.4],
    ["jitter's contrast", colorJitterOperation(), number("contrast"), 0.6, 1.4],
    ["blur's sigma", gaussianBlurOperation(), number("sigma"), 0.1, 2],
    ["gamma", gammaOperation(), number("gamma"), 0.8, 1.2],
    ["brightness", brightnessContrastOperation(), number("shift"), -0.2, 0.2],
    ["contrast", brightnessContrastOperation(), number("scale"), 0.8, 1.2],
    ["noise's std", gaussianNoiseOperation(), number("std"), 0, 0.1],
    ["affine's angle", affineOperation({ rotation: 7 }), angle, -7, 7],
    [
      "affine's shift",
      affineOperation({ translation: [-3, 5] }),
      (p) => (p["translation"] as number[])[1] as number,
      -3,
      5,
    ],
    ["lens' k", opticalDistortionOperation({ limit: 2 }), number("k"), -2, 2],
    [
      "bias field's coefficient",
      biasFieldOperation(),
      (p) => (p["coefficients"] as number[])[4] as number,
      -0.5,
      0.5,
    ],
  ])("%s", (_, operation, value, low, high) => {
    expectUniform(draws(operation, [64, 64]).map(value), low, high);
  });

  it("crops hold 0.2–1 of the area at ratios of 3/4–4/3, quarter turns are even, flips go on with 0.4", () => {
    const boxes = draws(randomResizedCropOperation({ size: 9 }), [400, 400]).map(
      (p) => p["box"] as [number, number, number, number],
    );
    const areas = boxes.map(([, , h, w]) => (h * w) / 160_000);
    expect(Math.min(...areas)).toBeGreaterThan(0.195);
    expect(Math.min(...areas)).toBeLessThan(0.21);
    expect(Math.max(...areas)).toBeGreaterThan(0.98);
    const ratios = boxes.map(([, , h, w]) => Math.log(w / h));
    expect(Math.max(...ratios)).toBeLessThan(Math.log(4 / 3) + 0.02);
    expect(Math.abs(ratios.reduce((a, b) => a + b, 0) / N)).toBeLessThan(0.005);
    const turns = draws(rotate90Operation(), [5, 5]).map((p) => p["times"]);
    for (const times of [0, 1, 2, 3]) {
      expectShare(turns.filter((t) => t === times).length, N, 1 / 4);
    }
    const flips = draws(repeatedFlipOperation(), [4, 5, 6]).map((p) => p["axes"] as number[]);
    for (const count of [0, 1, 2]) {
      const share = 0.4 ** count * 0.6;
      expectShare(flips.filter((axes) => axes.length === count).length, N, share);
    }
    expect(Math.max(...flips.map((axes) => axes.length))).toBe(3);
  });

  it.each([
    ["dira", inPaintingOperation({ variant: "dira" }), 224, 10, 70, 1, 0.1, 10],
    ["genesis", inPaintingOperation({ variant: "genesis" }), 64, 10, 21, 0, 0.05, 5],
    ["transvw", inPaintingOperation({ variant: "transvw" }), 64, 10, 21, 1, 1, 1],
    ["transvw-keras", inPaintingOperation({ variant: "transvw-keras" }), 64, 10, 20, 1, 1, 1],
    ["out, dira", outPaintingOperation({ variant: "dira" }), 224, 154, 174, 1, 0.1, 10],
    ["out, genesis", outPaintingOperation({ variant: "genesis" }), 64, 28, 37, 1, 0.05, 5],
    ["out, transvw", outPaintingOperation({ variant: "transvw" }), 64, 28, 37, 1, 1, 1],
  ] as const)("windows of %s painting", (_, operation, side, low, high, sure, stop, most) => {
    const windows = draws(operation, [side, side]).map((p) => p["windows"] as number[]);
    const counts = windows.map((w) => w.length / 4);
    const sides = windows.flatMap((w) => w.filter((_v, i) => i % 4 >= 2));
    expect(ends(sides)).toEqual([low, high]);
    expect(ends(counts)).toEqual([sure, most]);
    expectShare(counts.filter((c) => c === most).length, N, (1 - stop) ** (most - sure));
    const starts = windows.flatMap((w) => w.filter((_v, i) => i % 4 < 2));
    expect(ends(starts)[0]).toBeGreaterThanOrEqual(3);
  });
});

describe(`statistics of ${N} samples: steps of the pipelines come as often as published`, () => {
  // What is drawn does not depend on how large they are.
  const small = noise([4, 4], 1);
  const cube = noise([2, 3, 3], 1);
  /** How often each step comes in N samples; names are counted once a sample. */
  function shares(make: (i: number) => Sample): (name: string) => number {
    const counts = new Map<string, number>();
    for (let i = 0; i < N; i += 1) {
      const names = new Set(make(i).history.map(({ name }) => name));
      for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return (name) => counts.get(name) ?? 0;
  }
  const random = (i: number): ReturnType<typeof createRandom> => createRandom("pipelines", i);
  const dira = diraViews({ size: 4 });
  const moco = mocoV2Views({ size: 4 });
  const barlow = barlowTwinsViews({ size: 4 });
  const [transVw, genesis] = [transVwPair(), modelsGenesisPair()];
  const [training, segmentation] = [
    classificationTraining({ size: 4 }),
    segmentationTraining({ size: 4 }),
  ];

  it.each<[string, (i: number) => Sample | undefined, Record<string, number>]>([
    [
      "DiRA 2D",
      (i) => dira(small, random(i)).views[0],
      {
        randomResizedCrop: 1,
        colorJitter: 0.8,
        gaussianBlur: 0.5,
        flip: 0.5,
        inPainting: 0.3,
        outPainting: 0.05,
        patchShuffling: 0.3,
      },
    ],
    [
      "MoCo v2 and SimSiam",
      (i) => moco(small, random(i))[1],
      { randomResizedCrop: 1, colorJitter: 0.8, gaussianBlur: 0.5, flip: 0.5, normalize: 1 },
    ],
    [
      "Barlow Twins, view 1",
      (i) => barlow(small, random(i))[0],
      { flip: 0.5, colorJitter: 0.8, gaussianBlur: 1, solarize: 0, normalize: 1 },
    ],
    [
      "Barlow Twins, view 2",
      (i) => barlow(small, random(i))[1],
      { flip: 0.5, colorJitter: 0.8, gaussianBlur: 0.1, solarize: 0.2, normalize: 1 },
    ],
    [
      "TransVW",
      (i) => transVw(sampleOf(cube), random(i)).input,
      {
        elastic: 1,
        localPixelShuffling: 0.25,
        bezierIntensity: 0.25,
        inPainting: 0.25,
        outPainting: 0.25,
      },
    ],
    [
      "Models Genesis",
      (i) => genesis(sampleOf(cube), random(i)).input,
      { localPixelShuffling: 0.5, bezierIntensity: 0.9, inPainting: 0.18, outPainting: 0.72 },
    ],
    [
      "classification",
      (i) => training(sampleOf(small), random(i)),
      { randomResizedCrop: 1, flip: 0.5, affine: 1, normalize: 1 },
    ],
    [
      "segmentation",
      (i) => segmentation(sampleOf(small), random(i)),
      {
        brightnessContrast: 0.15,
        gamma: 0.15,
        elastic: 0.1,
        gridDistortion: 0.1,
        opticalDistortion: 0.1,
        randomResizedCrop: 0.25,
      },
    ],
  ])("%s", (_, make, published) => {
    const count = shares((i) => make(i) as Sample);
    for (const [name, p] of Object.entries(published)) expectShare(count(name), N, p);
  });
});
