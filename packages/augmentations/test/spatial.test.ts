import { createRandom } from "@dira/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  affine,
  affineOperation,
  centerCrop,
  compose,
  cropPadOperation,
  flip,
  pad,
  type Raster,
  rotate90,
  sampleOf,
  tenCrop,
  undo,
  worldPosition,
} from "../src/index.ts";
import { drawn, indexOf, noise, shapes, worst } from "./samples.ts";
import { entries } from "./transforms.ts";

const seeds = fc.nat(99_999);

/** A raster somewhere in the world, turned a little, with intensities that rise along the world's axes. */
function ramp(shape: readonly number[]): Raster {
  const turned = [
    [0.6, 0.8],
    [0.8, -0.6],
  ];
  const place = {
    spacing: [2.5, 0.7, 0.8].slice(-shape.length),
    origin: [30, -20, 11].slice(0, shape.length),
    direction: shape.length === 2 ? turned : [[0, 0, 1], ...turned.map((v) => [...v, 0])],
  };
  const flat = { ...drawn(shape, () => 0), ...place };
  return {
    ...flat,
    data: flat.data.map((_, i) => valueAt(worldPosition(flat, indexOf(i, shape)))),
  };
}
const valueAt = (world: readonly number[]): number =>
  world.reduce((sum, v, d) => sum + v * ([0.01, 0.013, 0.007][d] ?? 0), 1);

describe.each(shapes)("world positions, rank %i", (_, shape) => {
  it.each(entries.filter(({ kind }) => kind === "spatial"))(
    "law: after $name each pixel in the interior shows what lies at its place in the world",
    ({ name, transform }) => {
      const image = ramp(shape);
      const resized = /resize|Resized|Sized/.test(name);
      fc.assert(
        fc.property(seeds, (seed) => {
          const out = transform(sampleOf(image), createRandom(seed)).image;
          let compared = 0;
          const error = worst(out.data, (i) => {
            const world = worldPosition(out, indexOf(i, out.shape));
            // At the edge of a crop, the filter has neighbours on one side alone.
            if (!isWithin(world, image) || (resized && isAtEdge(i, out.shape))) return;
            compared += 1;
            return valueAt(world);
          });
          // A pixel is about 0.01; sampled antialiasing filters are off by up to a fifth of one.
          expect(error).toBeLessThan(name.endsWith("nearest") ? 0.02 : resized ? 2e-3 : 1e-5);
          expect(compared).toBeGreaterThan(10);
        }),
        { numRuns: 10 },
      );
    },
  );
});

/** Whether a pixel is one of the outer two of the last two axes. */
function isAtEdge(place: number, shape: readonly number[]): boolean {
  return indexOf(place, shape).some((index, axis) => {
    const side = shape[axis] ?? 1;
    return axis >= shape.length - 2 && (index < 2 || index >= side - 2);
  });
}

/** Whether a world position lies a few pixels within the raster. */
function isWithin(
  world: readonly number[],
  { shape, spacing, origin, direction }: Raster,
): boolean {
  return shape.every((side, a) => {
    const along = world.reduce(
      (sum, v, d) => sum + (v - (origin?.[d] ?? 0)) * (direction?.[a]?.[d] ?? 0),
      0,
    );
    const index = along / (spacing?.[a] ?? 1);
    const free = side > 8 ? 3 : 1;
    return index >= free && index <= side - 1 - free;
  });
}

describe.each(shapes)("orientation, rank %i", (_, shape) => {
  const sample = sampleOf({ ...noise(shape, 1), spacing: shape.map((_s, a) => a + 1) });

  it("law: two flips and four quarter turns are the identity, place and all", () => {
    for (let axis = 0; axis < shape.length; axis += 1) {
      const twice = compose(flip({ axes: [axis] }), flip({ axes: [axis] }));
      expect(twice(sample, createRandom(1)).image.data).toEqual(sample.image.data);
    }
    const quarter = rotate90({ times: [1], axes: [0, 1] });
    const { image } = compose(quarter, quarter, quarter, quarter)(sample, createRandom(1));
    expect(image.data).toEqual(sample.image.data);
    expect(image.spacing).toEqual(sample.image.spacing);
    expect(image.origin?.map(Math.abs)).toEqual(shape.map(() => 0));
  });

  it("law: cutting what was padded is the identity", () => {
    const there = pad({ padding: 4, border: "reflect" })(sample, createRandom(1));
    expect(undo(there).image.data).toEqual(sample.image.data);
    const back = cropPadOperation({ size: shape }).apply(
      there,
      cropPadOperation({ size: shape }).draw(there.image.shape, createRandom(1)),
    );
    expect(back.image.data).toEqual(sample.image.data);
  });
});

describe("examples", () => {
  const line = (values: readonly number[]): Raster => ({
    data: Float32Array.from([...values, ...values]),
    shape: [2, values.length],
  });

  it.each([
    ["constant", [9, 9, 1, 2, 3, 9, 9]],
    ["edge", [1, 1, 1, 2, 3, 3, 3]],
    ["reflect", [3, 2, 1, 2, 3, 2, 1]],
    ["symmetric", [2, 1, 1, 2, 3, 3, 2]],
  ] as const)("pads as numpy.pad does: %s", (border, expected) => {
    const padded = pad({ padding: [0, 2], border, value: 9 })(
      sampleOf(line([1, 2, 3])),
      createRandom(1),
    );
    expect([...padded.image.data.subarray(0, 7)]).toEqual(expected);
  });

  it("turns as numpy.rot90 does", () => {
    const image: Raster = { data: Float32Array.from([1, 2, 3, 4, 5, 6]), shape: [2, 3] };
    const turned = (times: number): Raster =>
      rotate90({ times: [times] })(sampleOf(image), createRandom(1)).image;
    expect(turned(1)).toEqual({ data: Float32Array.from([3, 6, 2, 5, 1, 4]), shape: [3, 2] });
    expect(turned(2).data).toEqual(Float32Array.from([6, 5, 4, 3, 2, 1]));
    expect(turned(3).data).toEqual(Float32Array.from([4, 1, 5, 2, 6, 3]));
  });

  it("angles are physical: on pixels twice as high as wide, a square millimetre stays one", () => {
    const operation = affineOperation();
    const quarter = {
      matrix: [0, -1, 1, 0],
      translation: [0, 0],
      spacing: [2, 1],
      interpolation: 1,
      border: 0,
      value: 0,
    };
    // 3 rows of 2 mm, 5 columns of 1 mm: a bar of 5 mm × 2 mm becomes one of 2 mm × 5 mm.
    const bar = drawn([3, 5], ([y]) => Number(y === 1));
    const { data } = operation.apply(sampleOf({ ...bar, spacing: [2, 1] }), quarter).image;
    const row = [0, 0.5, 1, 0.5, 0];
    expect([...data]).toEqual([...row, ...row, ...row]);
  });

  it("a rotation by 90° is a quarter turn, counter-clockwise", () => {
    const image = noise([9, 9], 2);
    const turned = affine({ rotation: [90, 90] })(sampleOf(image), createRandom(1)).image.data;
    const expected = rotate90({ times: [1] })(sampleOf(image), createRandom(1)).image.data;
    turned.forEach((v, i) => expect(v).toBeCloseTo(expected[i] ?? NaN, 5));
  });

  it("ten crops are torchvision's: corners, centre, mirrored", () => {
    const crops = tenCrop(sampleOf(drawn([6, 8], ([y = 0, x = 0]) => 10 * y + x)), 4);
    expect(crops.map(({ image }) => image.data[0])).toEqual([0, 4, 20, 24, 12, 3, 7, 23, 27, 15]);
    expect(() => tenCrop(sampleOf(noise([3, 9], 1)), 4)).toThrow(/smaller than the crop/);
  });

  it("the central crop is torchvision's, which rounds half pixels to even", () => {
    const start = (side: number, size: number): number =>
      centerCrop({ size })(sampleOf(drawn([side, side], ([, x = 0]) => x)), createRandom(1)).image
        .data[0] ?? NaN;
    // round((h − 4) / 2) in Python
    expect([5, 6, 7, 8, 9, 11].map((side) => start(side, 4))).toEqual([0, 1, 2, 2, 2, 4]);
  });
});
