import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  boxOverlap,
  connectedComponents,
  energyPointingGame,
  heatMapBox,
  localisationAccuracy,
  maskOverlap,
  pointingGame,
  type VoxelMap,
} from "../index.ts";

const maps = (rank: number, value: fc.Arbitrary<number>): fc.Arbitrary<VoxelMap> =>
  fc
    .array(fc.integer({ min: 1, max: rank === 2 ? 7 : 4 }), { minLength: rank, maxLength: rank })
    .chain((shape) => {
      const size = shape.reduce((x, y) => x * y);
      return fc.array(value, { minLength: size, maxLength: size }).map((data) => ({ data, shape }));
    });
const masks = (rank: number): fc.Arbitrary<VoxelMap> => maps(rank, fc.constantFrom(0, 1));
const indexOf = (at: number, shape: readonly number[]): number[] => {
  let rest = at;
  const reversed = [...shape].reverse().map((n) => {
    const index = rest % n;
    rest = (rest - index) / n;
    return index;
  });
  return reversed.reverse();
};
const inBox = (index: readonly number[], box: readonly number[]): boolean =>
  index.every((i, axis) => i >= (box[axis] ?? NaN) && i < (box[axis] ?? NaN) + (box[axis + index.length] ?? NaN)); // prettier-ignore
/** A box within a map, as a mask. */
const boxMask = (box: readonly number[], shape: readonly number[]): VoxelMap => {
  const size = shape.reduce((x, y) => x * y);
  const data = Array.from({ length: size }, (_, at) => Number(inBox(indexOf(at, shape), box)));
  return { data, shape };
};
const boxesIn = (shape: readonly number[]): fc.Arbitrary<number[]> =>
  fc
    .tuple(...shape.map((n) => fc.tuple(fc.nat(n - 1), fc.integer({ min: 1, max: n }))))
    .map((axes) => [
      ...axes.map(([start]) => start),
      ...axes.map(([start, length], axis) => Math.min(length, (shape[axis] ?? 0) - start)),
    ]);

describe("connectedComponents", () => {
  it("example: faces and corners; nothing is joined round the edge of the map", () => {
    const mask = { data: [1, 1, 0, 0, 0, 1, 1, 0, 0], shape: [3, 3] };
    const byFaces = connectedComponents(mask);
    expect([...byFaces.labels]).toEqual([1, 1, 0, 0, 0, 2, 3, 0, 0]);
    expect(byFaces.sizes).toEqual([2, 1, 1]);
    const byCorners = connectedComponents(mask, { connectivity: "corners" });
    expect([...byCorners.labels]).toEqual([1, 1, 0, 0, 0, 1, 2, 0, 0]);
  });

  it.each([2, 3])("parity in rank %i: labels merged pair by pair until nothing changes", (rank) => {
    const property = fc.property(masks(rank), fc.boolean(), ({ data, shape }, corners) => {
      const places = Array.from(data, (_, at) => indexOf(at, shape));
      const touching = (a: number, b: number): boolean => {
        const steps = places[a]?.map((x, axis) => Math.abs(x - (places[b]?.[axis] ?? NaN))) ?? [];
        const sum = steps.reduce((x, y) => x + y, 0);
        return corners ? Math.max(...steps) === 1 : sum === 1;
      };
      const root = Array.from(data, (value, at) => (value === 1 ? at : -1));
      for (let changed = true; changed;) {
        changed = false;
        root.forEach((r, a) => {
          root.forEach((s, b) => {
            if (r < 0 || s < 0 || !touching(a, b)) return;
            const least = Math.min(root[a] ?? 0, root[b] ?? 0);
            if (root[a] !== least || root[b] !== least) changed = true;
            [root[a], root[b]] = [least, least];
          });
        });
      }
      const order = [...new Set(root.filter((r) => r >= 0))].sort((x, y) => x - y);
      const expected = root.map((r) => (r < 0 ? 0 : order.indexOf(r) + 1));
      const options = { connectivity: corners ? "corners" : "faces" } as const;
      const { labels, sizes } = connectedComponents({ data, shape }, options);
      expect([...labels]).toEqual(expected);
      expect(sizes).toEqual(order.map((_, i) => expected.filter((l) => l === i + 1).length));
    });
    fc.assert(property, { numRuns: 40 });
  });
});

describe("boxOverlap and maskOverlap", () => {
  it("example: by hand, in 2D and 3D; nothing detected is 0", () => {
    expect(boxOverlap([0, 0, 2, 2], [1, 1, 2, 2])).toEqual({ iou: 1 / 7, iobb: 1 / 4 });
    expect(boxOverlap([1, 1, 1, 2, 2, 2], [0, 0, 0, 4, 4, 4])).toEqual({ iou: 1 / 8, iobb: 1 });
    expect(boxOverlap([0, 0, 1, 1], [1, 1, 1, 1])).toEqual({ iou: 0, iobb: 0 });
    expect(boxOverlap(undefined, [0, 0, 1, 1])).toEqual({ iou: 0, iobb: 0 });
    const empty = { data: [0, 0], shape: [1, 2] };
    expect(maskOverlap(empty, { data: [1, 0], shape: [1, 2] })).toEqual({ iou: 0, iobb: 0 });
    expect(() => maskOverlap(empty, empty)).toThrow(/true mask is empty/);
    expect(() => boxOverlap([0, 0, 0, 1, 1, 1], [0, 0, 1, 1])).toThrow(/2 starts and 2 lengths/);
    expect(() => boxOverlap([0, 0, 1, 0], [0, 0, 1, 1])).toThrow(/above 0, got \[0, 0, 1, 0\]/);
  });

  it.each([2, 3])("parity in rank %i: boxes as masks, voxel by voxel; IoU is symmetric", (rank) => {
    const shape = rank === 2 ? [6, 5] : [4, 5, 3];
    const property = fc.property(boxesIn(shape), boxesIn(shape), (a, b) => {
      const found = boxOverlap(a, b);
      const [first, second] = [boxMask(a, shape), boxMask(b, shape)];
      const both = Array.from(first.data).filter(
        (v, at) => v === 1 && second.data[at] === 1,
      ).length;
      const either = Array.from(first.data).filter((v, at) => v === 1 || second.data[at] === 1).length; // prettier-ignore
      expect(found.iou).toBeCloseTo(both / either, 12);
      expect(maskOverlap(first, second)).toEqual(found);
      expect(boxOverlap(b, a).iou).toBeCloseTo(found.iou, 12);
      expect(found.iobb).toBeGreaterThanOrEqual(found.iou);
    });
    fc.assert(property, { numRuns: 40 });
  });
});

describe("localisationAccuracy", () => {
  it("example: shares above 0.1 … 0.7; an overlap at the threshold is not above it", () => {
    const found = localisationAccuracy([0, 0.1, 0.35, 0.8]);
    expect(found.map(({ threshold }) => threshold)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
    expect(found.map(({ accuracy }) => accuracy)).toEqual([0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]);
    expect(localisationAccuracy([0.95], [0.9])).toEqual([{ threshold: 0.9, accuracy: 1 }]);
    expect(() => localisationAccuracy([])).toThrow(/got none/);
    expect(() => localisationAccuracy([0.5, NaN])).toThrow(/got NaN at 1/);
  });
});

describe("heatMapBox", () => {
  it("example: the larger of two hot regions, also where the maximum is in the other", () => {
    const data = [0, 0.3, 0.4, 0, 0, 0.3, 0.3, 0, 0, 0, 0, 1]; // prettier-ignore
    const found = heatMapBox({ data, shape: [3, 4] }, { share: 0.3 });
    expect(found?.box).toEqual([0, 1, 2, 2]);
    expect([...(found?.mask ?? [])]).toEqual([0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
    expect(heatMapBox({ data, shape: [3, 4] }, { share: 0.5 })?.box).toEqual([2, 3, 1, 1]);
  });

  it("a map that points at nothing has no box; NaN and shares beyond (0, 1] are refused", () => {
    expect(heatMapBox({ data: [0, -1], shape: [1, 2] })).toBeUndefined();
    expect(() => heatMapBox({ data: [0, NaN], shape: [1, 2] })).toThrow(/\[0, 1\] is NaN/);
    expect(() => heatMapBox({ data: [0, Infinity], shape: [1, 2] })).toThrow(/infinite/);
    expect(() => heatMapBox({ data: [1], shape: [1, 1] }, { share: 0 })).toThrow(/got 0/);
  });

  it.each([2, 3])(
    "laws in rank %i: a box is found again; scaling the map changes nothing",
    (rank) => {
      const shape = rank === 2 ? [7, 6] : [4, 5, 3];
      const property = fc.property(boxesIn(shape), fc.constantFrom(0.01, 8), (box, scale) => {
        const map = boxMask(box, shape);
        expect(heatMapBox(map)?.box).toEqual(box);
        const scaled = { ...map, data: Array.from(map.data, (v) => v * scale) };
        expect(heatMapBox(scaled)).toEqual(heatMapBox(map));
      });
      fc.assert(property, { numRuns: 30 });
      const any = fc.property(maps(rank, fc.constantFrom(0, 0, 0.1, 0.5, 1)), (map) => {
        const found = heatMapBox(map, { share: 0.4 });
        found?.mask.forEach((value, at) => {
          if (value === 0) return;
          expect(inBox(indexOf(at, map.shape), found.box)).toBe(true);
          expect(map.data[at]).toBeGreaterThanOrEqual(0.4 * Math.max(...Array.from(map.data)));
        });
      });
      fc.assert(any, { numRuns: 30 });
    },
  );
});

describe("pointingGame and energyPointingGame", () => {
  const map = { data: [0, 1, 3, 0, 0, 2], shape: [2, 3] };

  it("example: by hand, with a box and with a mask", () => {
    expect([pointingGame(map, [0, 1, 1, 2]), pointingGame(map, [0, 0, 2, 2])]).toEqual([1, 0]);
    expect(energyPointingGame(map, [0, 1, 1, 2])).toBeCloseTo(4 / 6, 14);
    const mask = { data: [0, 0, 0, 0, 0, 1], shape: [2, 3] };
    expect(pointingGame(map, mask)).toBe(0);
    expect(energyPointingGame(map, mask)).toBeCloseTo(2 / 6, 14);
  });

  it("example: tolerance is a distance in voxels, and reaches just so far", () => {
    const line = { data: [1, 0, 0, 0, 0], shape: [1, 5] };
    const hit = (tolerance: number): number => pointingGame(line, [0, 3, 1, 1], { tolerance });
    expect([hit(0), hit(2.9), hit(3)]).toEqual([0, 0, 1]);
  });

  it.each([2, 3])("laws in rank %i: a flat map scores the region's share; all of the image scores 1", (rank) => {
    const shape = rank === 2 ? [7, 6] : [4, 5, 3];
    const size = shape.reduce((x, y) => x * y);
    const property = fc.property(boxesIn(shape), (box) => {
      const flat = { data: Array.from({ length: size }, () => 0.3), shape };
      const share = box.slice(rank).reduce((x, y) => x * y) / size;
      expect(pointingGame(flat, box)).toBeCloseTo(share, 12);
      expect(energyPointingGame(flat, box)).toBeCloseTo(share, 12);
      const region = boxMask(box, shape);
      expect(pointingGame(region, box)).toBe(1);
      expect(energyPointingGame(region, box)).toBe(1);
      expect(energyPointingGame(region, region)).toBe(1);
    });
    fc.assert(property, { numRuns: 30 });
    const whole = fc.property(maps(rank, fc.double({ min: -1, max: 1, noNaN: true })), (any) => {
      const all = [...any.shape.map(() => 0), ...any.shape];
      expect(pointingGame(any, all)).toBe(1);
      const energy = energyPointingGame(any, all);
      if (Array.from(any.data).some((v) => v > 0)) expect(energy).toBe(1);
      else expect(energy).toBeUndefined();
    });
    fc.assert(whole, { numRuns: 30 });
  }); // prettier-ignore

  it("values below 0 are no energy; regions beyond the map and NaN are refused", () => {
    expect(energyPointingGame({ data: [-5, 1], shape: [1, 2] }, [0, 1, 1, 1])).toBe(1);
    expect(() => pointingGame(map, [5, 5, 1, 1])).toThrow(/covers no voxel/);
    expect(() => pointingGame({ ...map, data: [0, 0, NaN, 0, 0, 0] }, [0, 0, 1, 1])).toThrow(/NaN/);
    expect(() => energyPointingGame(map, { data: [1], shape: [1, 1] })).toThrow(/one shape/);
    expect(() => pointingGame(map, [0, 0, 1, 1], { tolerance: -1 })).toThrow(/got -1/);
  });
});
