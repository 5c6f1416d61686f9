import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  distanceTransform,
  overlap,
  overlapAtThresholds,
  surfaceDistances,
  type VoxelMap,
} from "../index.ts";
import { surfaceOf } from "./surface-distances.ts";

const maskIn = (shape: readonly number[], data: readonly number[]): VoxelMap => ({ data, shape });
const sides = (rank: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: rank === 2 ? 8 : 5 }), { minLength: rank, maxLength: rank });
/** Two masks of one shape with some foreground. */
const pairs = (rank: number): fc.Arbitrary<{ a: VoxelMap; b: VoxelMap; spacing: number[] }> =>
  sides(rank).chain((shape) => {
    const size = shape.reduce((x, y) => x * y);
    const values = fc.array(fc.constantFrom(0, 0, 1), { minLength: size, maxLength: size });
    const spacing = fc.array(fc.constantFrom(0.5, 0.7, 1, 2.5), { minLength: rank, maxLength: rank }); // prettier-ignore
    return fc
      .tuple(values, values, spacing)
      .map(([a, b, mm]) => ({ a: maskIn(shape, a), b: maskIn(shape, b), spacing: mm }));
  });
const places = ({ data, shape }: VoxelMap): number[][] =>
  Array.from({ length: data.length }, (_, at) => {
    let rest = at;
    return [...shape].reverse().map((n) => {
      const index = rest % n;
      rest = (rest - index) / n;
      return index;
    }).reverse(); // prettier-ignore
  }).filter((_, at) => data[at] === 1);
const distance = (p: readonly number[], q: readonly number[], mm: readonly number[]): number =>
  Math.hypot(...p.map((x, axis) => (x - (q[axis] ?? 0)) * (mm[axis] ?? 1)));
const nearest = (p: readonly number[], all: readonly number[][], mm: readonly number[]): number =>
  Math.min(...all.map((q) => distance(p, q, mm)));
/** Foreground with a face neighbour that isn't, or that is beyond the map. */
const surfacePlaces = (mask: VoxelMap): number[][] => {
  const inside = new Set(places(mask).map(String));
  return places(mask).filter(
    (p) =>
    p.some((_, axis) => [-1, 1].some((by) => !inside.has(String(p.map((x, a) => (a === axis ? x + by : x)))))), // prettier-ignore
  );
};

describe("overlap", () => {
  const truth = [maskIn([2, 2], [1, 1, 0, 0]), maskIn([1, 3], [0, 0, 0]), maskIn([1, 2], [1, 0])];
  const predicted = [maskIn([2, 2], [1, 0, 0, 1]), maskIn([1, 3], [0, 0, 0]), maskIn([1, 2], [0, 0])]; // prettier-ignore

  it("example: by hand, pooled and per image; both empty is 1, only one is 0", () => {
    const { dice, iou } = overlap(predicted, truth);
    expect(dice.perImage).toEqual([0.5, 1, 0]);
    expect(iou.perImage).toEqual([1 / 3, 1, 0]);
    expect(dice.mean).toBe(0.5);
    expect(dice.pooled).toBe(2 / (2 + 3));
    expect(iou.pooled).toBe(1 / 4);
    const extra = overlap([maskIn([1, 1], [1])], [maskIn([1, 1], [0])]);
    expect([extra.dice.mean, extra.iou.pooled]).toEqual([0, 0]);
  });

  it("MONAI's definition: with ignoreEmpty, an image of empty truth has none, whatever is predicted", () => {
    const { dice, iou } = overlap(predicted, truth, { ignoreEmpty: true });
    expect(dice.perImage).toEqual([0.5, undefined, 0]);
    expect(dice.mean).toBe(0.25);
    expect(iou.mean).toBeCloseTo(1 / 6, 14);
    const none = overlap([maskIn([1, 1], [1])], [maskIn([1, 1], [0])], { ignoreEmpty: true });
    expect([none.dice.mean, none.dice.pooled]).toEqual([undefined, undefined]);
  });

  it("example: thresholds", () => {
    const maps = [maskIn([1, 4], [0.2, 0.5, 0.6, 0.9])];
    const found = overlapAtThresholds(maps, [maskIn([1, 4], [0, 0, 1, 1])], [0.1, 0.5, 0.6, 0.95]);
    expect(found.map(({ iou }) => iou.mean)).toEqual([0.5, 2 / 3, 1, 0]);
    expect(found.map(({ threshold }) => threshold)).toEqual([0.1, 0.5, 0.6, 0.95]);
    expect(overlap(maps, [maskIn([1, 4], [0, 0, 1, 1])]).iou.mean).toBe(2 / 3);
  });

  it.each([2, 3])("laws in rank %i: symmetric, IoU = D / (2 − D), 1 for equal masks", (rank) => {
    const property = fc.property(pairs(rank), ({ a, b }) => {
      const { dice, iou } = overlap([a], [b]);
      expect(overlap([b], [a])).toEqual({ dice, iou });
      expect(dice.pooled).toBe(dice.mean);
      expect(iou.mean).toBeCloseTo((dice.mean ?? NaN) / (2 - (dice.mean ?? NaN)), 12);
      expect(overlap([a], [a]).dice.mean).toBe(1);
    });
    fc.assert(property, { numRuns: 40 });
  });

  it("refuses NaN with image and place, other truths, other shapes", () => {
    const bad = [predicted[0] as VoxelMap, maskIn([1, 3], [0, NaN, 0]), predicted[2] as VoxelMap];
    expect(() => overlap(bad, truth)).toThrow(/image 1, prediction: the value at \[0, 1\] is NaN/);
    expect(() => overlap([maskIn([1, 1], [0])], [maskIn([1, 1], [2])])).toThrow(
      /got 2 at \[0, 0\]/,
    );
    expect(() => overlap(predicted.slice(1), truth)).toThrow(/got 2 and 3/);
    expect(() => overlap([maskIn([2, 1], [0, 0])], [maskIn([1, 2], [0, 0])])).toThrow(/one shape/);
    expect(() => overlap([maskIn([2], [0])], [maskIn([2], [0, 0])])).toThrow(/\[2\].*got 1/);
  });
});

describe("distanceTransform", () => {
  it.each([1, 2, 3])("parity in rank %i: each voxel against each foreground voxel", (rank) => {
    const property = fc.property(pairs(rank), ({ a, spacing }) => {
      const foreground = places(a);
      const found = distanceTransform({ ...a, spacing });
      const everywhere = places({ ...a, data: Array.from(found, () => 1) });
      everywhere.forEach((p, at) => {
        const expected = nearest(p, foreground, spacing);
        if (expected === Infinity) expect(found[at]).toBe(Infinity);
        else expect(found[at]).toBeCloseTo(expected, 12);
      });
    });
    fc.assert(property, { numRuns: 50 });
  });

  it("golden: SciPy 1.10.1's distance_transform_edt with sampling [2, 0.5]", () => {
    const mask = maskIn([3, 4], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    const found = distanceTransform({ ...mask, spacing: [2, 0.5] });
    const edge = 2.0615528128088303;
    const expected = [0, 0.5, 1, 1.5, 2, edge, edge, 2, 1.5, 1, 0.5, 0];
    expected.forEach((value, at) => expect(found[at]).toBeCloseTo(value, 14));
  });

  it("refuses spacings that make no sense", () => {
    const mask = maskIn([2], [1, 0]);
    expect(() => distanceTransform({ ...mask, spacing: [0] })).toThrow(/above 0 mm.*\[0\]/);
    expect(() => distanceTransform({ ...mask, spacing: [1, 1] })).toThrow(/each of 1 axes/);
  });
});

describe("surfaceDistances", () => {
  /** A square of 3 in a map of 7, at a corner; the same one further right by some columns. */
  const square = (column: number): VoxelMap =>
    maskIn([5, 9], Array.from({ length: 45 }, (_, at) => Number(Math.floor(at / 9) < 3 && Math.abs((at % 9) - column) < 2))); // prettier-ignore

  it("MONAI's definition, by hand: surface voxels, percentiles per direction, pooled average", () => {
    // Eight of nine voxels are surface; moved by 2 columns, 3 columns of which 1 is shared.
    // From the left one: column 0 has distances 2, 2, 2; column 1's two have 1 and 1; column 2's are on
    // the other's surface, as its column 2 is its first. 3·2 + 2·1 = 8, and the same back.
    const found = surfaceDistances(square(1), square(3));
    expect([...found.fromPrediction]).toEqual([0, 0, 0, 1, 1, 2, 2, 2]);
    expect(found).toMatchObject({ hausdorff: 2, hausdorff95: 2, average: 1 });
    expect(surfaceDistances(square(1), square(3), { spacing: [1, 0.7] }).hausdorff).toBeCloseTo(1.4, 14); // prettier-ignore
  });

  it("example: one far voxel moves the maximum, not the 95th percentile of its direction", () => {
    const line = Array.from({ length: 40 }, (_, at) => Number(at < 30));
    const far = line.map((value, at) => (at === 39 ? 1 : value));
    const found = surfaceDistances(maskIn([1, 40], far), maskIn([1, 40], line));
    expect(found).toMatchObject({ hausdorff: 10, hausdorff95: 0, average: 10 / 61 });
    // Two voxels against one: percentiles are interpolated, 0 + 0.95 · 4.
    const two = surfaceDistances(maskIn([1, 5], [1, 0, 0, 0, 1]), maskIn([1, 5], [1, 0, 0, 0, 0]));
    expect(two.hausdorff95).toBeCloseTo(3.8, 14);
  });

  it("empty masks are undefined, or what is asked for", () => {
    const [empty, full] = [maskIn([1, 2], [0, 0]), maskIn([1, 2], [1, 0])];
    for (const [a, b] of [
      [empty, full],
      [full, empty],
      [empty, empty],
    ] as const) {
      // prettier-ignore
      const { hausdorff, hausdorff95, average } = surfaceDistances(a, b);
      expect([hausdorff, hausdorff95, average]).toEqual([undefined, undefined, undefined]);
    }
    const options = { oneEmpty: Infinity, bothEmpty: 0 };
    expect(surfaceDistances(empty, full, options)).toMatchObject({ hausdorff: Infinity, average: Infinity }); // prettier-ignore
    expect(surfaceDistances(empty, empty, options)).toMatchObject({ hausdorff95: 0 });
  });

  it.each([2, 3])(
    "parity in rank %i: all pairs of surface voxels, whatever else is in the map",
    (rank) => {
      const property = fc.property(pairs(rank), ({ a, b, spacing }) => {
        const [first, second] = [surfacePlaces(a), surfacePlaces(b)];
        fc.pre(first.length > 0 && second.length > 0);
        const there = first.map((p) => nearest(p, second, spacing)).sort((x, y) => x - y);
        const back = second.map((p) => nearest(p, first, spacing)).sort((x, y) => x - y);
        const found = surfaceDistances(a, b, { spacing });
        const close = (own: Float64Array, expected: readonly number[]): void => {
          expect(own.length).toBe(expected.length);
          expected.forEach((value, i) => expect(own[i]).toBeCloseTo(value, 10));
        };
        close(found.fromPrediction, there);
        close(found.fromTruth, back);
        expect(found.hausdorff).toBeCloseTo(Math.max(...there, ...back), 10);
        const sum = [...there, ...back].reduce((x, y) => x + y);
        expect(found.average).toBeCloseTo(sum / (there.length + back.length), 10);
        expect(surfaceOf(Uint8Array.from(a.data), a.shape).reduce((x, y) => x + y)).toBe(first.length); // prettier-ignore
      });
      fc.assert(property, { numRuns: 50 });
    },
  );

  it.each([2, 3])(
    "laws in rank %i: symmetric, 0 for equal masks, in proportion to spacing, HD95 ≤ HD",
    (rank) => {
      const property = fc.property(pairs(rank), fc.constantFrom(0.5, 3), ({ a, b, spacing }, scale) => {
      fc.pre(a.data.length > 0 && places(a).length > 0 && places(b).length > 0);
      const found = surfaceDistances(a, b, { spacing });
      const turned = surfaceDistances(b, a, { spacing });
      const scaled = surfaceDistances(a, b, { spacing: spacing.map((mm) => mm * scale) });
      for (const key of ["hausdorff", "hausdorff95", "average"] as const) {
        expect(turned[key]).toBeCloseTo(found[key] ?? NaN, 12);
        expect(scaled[key]).toBeCloseTo((found[key] ?? NaN) * scale, 10);
        expect(surfaceDistances(a, a)[key]).toBe(0);
      }
      expect(found.hausdorff95).toBeLessThanOrEqual(found.hausdorff ?? NaN);
    }); // prettier-ignore
      fc.assert(property, { numRuns: 40 });
    },
  );

  it("takes the masks' own spacing, and refuses two that differ", () => {
    const [a, b] = [maskIn([1, 3], [1, 0, 0]), maskIn([1, 3], [0, 0, 1])];
    expect(surfaceDistances(a, { ...b, spacing: [1, 3] }).hausdorff).toBe(6);
    expect(surfaceDistances({ ...a, spacing: [1, 2] }, b).hausdorff).toBe(4);
    const different = (): unknown => surfaceDistances({ ...a, spacing: [1, 2] }, { ...b, spacing: [1, 3] }); // prettier-ignore
    expect(different).toThrow(/differ, \[1, 2\] and \[1, 3\] mm/);
    expect(() => surfaceDistances(maskIn([1, 3], [0.5, 0, 0]), b)).toThrow(/got 0.5 at \[0, 0\]/);
  });
});
