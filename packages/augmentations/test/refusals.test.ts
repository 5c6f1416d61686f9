import { createRandom } from "@dira/random";
import { describe, expect, it } from "vitest";
import {
  affine,
  clahe,
  colorJitter,
  colorJitterOperation,
  contrast,
  DiraError,
  elastic,
  flip,
  histogramEqualize,
  histogramMatch,
  intensityWindow,
  landmarksOf,
  mocoV2Views,
  oneOf,
  pad,
  percentileScaling,
  replay,
  rescaleIntensity,
  resize,
  rotate90,
  sampleOf,
  someOf,
  tenCrop,
  testTimeAugmentation,
  type Transform,
  type TransformRecord,
  withProbability,
  zScore,
} from "../src/index.ts";
import { plainKernels } from "../src/kernels/plain.ts";
import { fullSample, noise } from "./samples.ts";
import { entries } from "./transforms.ts";

const sample = sampleOf(noise([9, 12], 0));
const random = createRandom(0);

/** Expects an error of ours. */
function expectRefusal(work: () => unknown, message: RegExp): void {
  expect(work).toThrow(message);
  expect(work).toThrow(DiraError);
}

describe("what makes no sense is refused, examples", () => {
  it("sides and spans for another rank", () => {
    expectRefusal(() => resize({ size: [3, 4, 5] })(sample, random), /each of 2 axes.*\[3, 4, 5\]/);
    expectRefusal(() => pad({ padding: [3, 4, 5] })(sample, random), /padding for each of 2 axes/);
    expectRefusal(() => elastic({ alpha: [3, 4, 5] })(sample, random), /alpha for each of 2 axes/);
    const three = [
      [0, 1],
      [0, 1],
      [0, 1],
    ] as const;
    expectRefusal(() => affine({ rotation: three })(sample, random), /affine: .* 1 planes, got 3/);
    expectRefusal(() => affine({ translation: three })(sample, random), /affine: .* 2 axes, got 3/);
  });

  it("axes that an image has not, and a plane of one axis", () => {
    expectRefusal(() => flip({ axes: [2] })(sample, random), /axis of −2 … 1, got 2/);
    expectRefusal(() => rotate90({ axes: [0, -2] })(sample, random), /two different axes/);
  });

  it.each([-0.1, 1.1, NaN, Infinity])("a probability of %d", (p) => {
    expectRefusal(() => withProbability(p, flip()), /withProbability: expected a probability/);
    expectRefusal(() => oneOf([p, flip()]), /oneOf: probabilities/);
  });

  it.each([-1, 0.5, 3, NaN])("some %d of two transforms", (count) => {
    expectRefusal(() => someOf(count, flip(), flip()), /someOf: .* between 0 and the 2 transforms/);
  });

  it("a mask of another shape than the image; pixels that don't fill the shape", () => {
    const mask = { data: new Uint8Array(108), shape: [12, 9] };
    expectRefusal(() => sampleOf(noise([9, 12], 0), mask), /shape \[9, 12\], got \[12, 9\]/);
    expectRefusal(
      () => sampleOf({ ...sample.image, shape: [9, 13] }),
      /multiply to its 108 pixels/,
    );
  });

  it("ends of a window that meet, two sources of ends, too few landmarks, crops of no size", () => {
    expectRefusal(
      () => intensityWindow({ low: 1, high: 1 }),
      /`low` to be below `high`, got 1 and 1/,
    );
    const both = { from: [0, 1], percentiles: [1, 99] } as const;
    expectRefusal(() => rescaleIntensity(both), /rescaleIntensity: .* got both/);
    expectRefusal(
      () => percentileScaling([99, 1]),
      /percentileScaling: .*`percentiles`.*\[99, 1\]/,
    );
    expectRefusal(() => landmarksOf(sample.image, 1), /landmarksOf: .*`count`/);
    expectRefusal(() => tenCrop(sample, 0), /tenCrop: .*`size`/);
    expectRefusal(() => mocoV2Views({ normalize: { mean: 0, std: 0 } }), /normalize: .*`std`/);
  });

  it("test-time augmentation without transforms", async () => {
    const predict = (): never => {
      throw new Error("not reached");
    };
    const made = testTimeAugmentation(sample, random, { transforms: [], predict });
    await expect(made).rejects.toThrow(/testTimeAugmentation: expected `transforms`/);
  });
});

describe("pixels that are no finite numbers, examples", () => {
  const withPixel = (value: number): typeof sample => {
    const image = noise([9, 12], 0);
    image.data[17] = value;
    return sampleOf(image);
  };

  it.each<[string, Transform]>([
    ["colorJitter", colorJitter({ brightness: 0 })],
    ["contrast", contrast()],
    ["zScore", zScore],
    ["landmarksOf", histogramMatch({ reference: [0, 1] })],
  ])("%s refuses them, for its mean would spread them over all", (name, transform) => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const work = (): unknown => transform(withPixel(value), random);
      expectRefusal(work, new RegExp(`^${name}: the image's .* no finite numbers`));
    }
  });

  it.each<[string, Transform]>([
    ["rescaleIntensity", rescaleIntensity()],
    ["histogramEqualize", histogramEqualize({ range: "image" })],
    ["clahe", clahe({ range: "image" })],
  ])("%s refuses infinite extremes", (name, transform) => {
    const work = (): unknown => transform(withPixel(Infinity), random);
    expectRefusal(work, new RegExp(`^${name}: the image's values go from .* to Infinity`));
  });

  it("the jitter of plain JavaScript refuses them too", () => {
    const steps = [{ contrast: true, factor: 2 }];
    expectRefusal(() => plainKernels.jitter(Float32Array.of(0, NaN), steps), /^colorJitter: /);
  });

  it("where no mean is taken, they stay where they are", () => {
    const { data } = colorJitterOperation().apply(withPixel(NaN), {
      brightness: 1.2,
      contrast: 1,
      contrastFirst: 0,
    }).image;
    expect([...data.keys()].filter((i) => Number.isNaN(data[i]))).toEqual([17]);
  });
});

describe("records, laws", () => {
  const start = fullSample([34, 38], 1);

  it.each(entries)("a parameter of $name that is missing, or no number, is refused", (entry) => {
    const [record] = entry.transform(start, random).history as [TransformRecord];
    for (const parameter of Object.keys(record.parameters)) {
      if (OPTIONAL.has(parameter)) continue;
      for (const wrong of [undefined, NaN, "1", null, [NaN]]) {
        const parameters = { ...record.parameters, [parameter]: wrong as never };
        const work = (): unknown => replay(start, [{ ...record, parameters }]);
        expectRefusal(work, new RegExp(`replay: .*\`${parameter}\` of \`${record.name}\``));
      }
    }
  });

  it("an operation that is not known is refused, unless it is handed in", () => {
    const record = { name: "mine", parameters: {} };
    expectRefusal(() => replay(start, [record]), /names `mine`, which is not among/);
    const mine = { name: "mine", apply: (given: typeof start) => given };
    expect(replay(start, [record], [mine]).history).toEqual([record]);
  });
});

/** Left out where they are 0. */
const OPTIONAL = new Set(["cubic", "mm"]);
