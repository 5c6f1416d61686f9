import { createRandom } from "@dira/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  boxAround,
  coordinateRange,
  cutCube,
  drawCoordinate,
  nearestPatients,
  placeIn,
  resolutionBoxes,
  tissueShare,
  type VoxelBox,
} from "./index.ts";

const runs = { numRuns: 50 };

/** A cube and a volume in which it fits. */
const fitting = fc
  .constantFrom(2, 3)
  .chain((rank) =>
    fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(40)), {
      minLength: rank,
      maxLength: rank,
    }),
  )
  .map((axes) => ({ cube: axes.map(([n]) => n), shape: axes.map(([n, more]) => n + more) }));

const inside = ({ start, size }: VoxelBox, shape: readonly number[]): boolean =>
  shape.every((side, axis) => {
    const first = start[axis] as number;
    return Number.isInteger(first) && first >= 0 && first + (size[axis] as number) <= side;
  });
/** 0, 1, 2, … in a volume. */
const counting = (shape: readonly number[]) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  shape,
});
const whole = (shape: readonly number[]): VoxelBox => ({
  start: shape.map(() => 0),
  size: shape,
});

describe("borders", () => {
  it("examples: TransVW's in a usual CT, shares of them in small volumes, none where the cube needs all", () => {
    expect(coordinateRange([300, 512, 512], [32, 64, 64])).toEqual([
      [30, 270],
      [100, 412],
      [100, 412],
    ]);
    expect(coordinateRange([600, 1024, 1024], [32, 64, 64])[1]).toEqual([100, 924]);
    expect(coordinateRange([60, 128, 128], [16, 32, 32])).toEqual([
      [8, 52],
      [25, 103],
      [25, 103],
    ]);
    expect(coordinateRange([32, 64, 64], [32, 64, 64])).toEqual([
      [16, 16],
      [32, 32],
      [32, 32],
    ]);
    expect(coordinateRange([100, 100], [10, 10], { voxels: [40, 0] })).toEqual([
      [19, 81],
      [5, 95],
    ]);
  });

  it("law: a range is never empty, symmetric, and the cube about its ends lies in the volume unmoved", () => {
    fc.assert(
      fc.property(fitting, ({ cube, shape }) => {
        const range = coordinateRange(shape, cube);
        for (const end of [0, 1] as const) {
          const center = range.map((ends) => ends[end]);
          const box = boxAround(center, cube, shape);
          expect(inside(box, shape)).toBe(true);
          expect(box.start).toEqual(center.map((c, a) => c - Math.floor((cube[a] ?? 0) / 2)));
        }
        for (const [first, last] of range) expect(last).toBeGreaterThanOrEqual(first);
      }),
      runs,
    );
  });

  it("a cube that does not fit, and shares that leave nothing, are refused", () => {
    expect(() => coordinateRange([8, 8, 8], [9, 8, 8])).toThrow(
      /does not fit into a volume of \[8/,
    );
    expect(() => coordinateRange([8, 8], [4, 4], { share: [0.5, 0] })).toThrow(/\[0, 0\.5\)/);
  });
});

describe("drawCoordinate, laws", () => {
  it("draws within the range, as far from the taken as asked, where it is accepted, by its key alone", () => {
    fc.assert(
      fc.property(fc.nat(999), fc.integer({ min: 1, max: 9 }), (seed, spacing) => {
        const [shape, cube] = [
          [20, 40, 40],
          [4, 8, 8],
        ];
        const taken: number[][] = [];
        const draw = () =>
          drawCoordinate(
            { shape, cube, spacing, taken, accept: ([, , x]) => (x ?? 0) % 2 === 0 },
            createRandom(seed, taken.length),
          );
        for (let word = 0; word < 8; word += 1) {
          const place = draw() as number[];
          expect(draw()).toEqual(place);
          coordinateRange(shape, cube).forEach(([first, last], axis) => {
            expect(place[axis]).toBeGreaterThanOrEqual(first);
            expect(place[axis]).toBeLessThanOrEqual(last);
          });
          expect((place[2] as number) % 2).toBe(0);
          for (const other of taken) {
            expect(Math.hypot(...place.map((v, a) => v - (other[a] ?? 0)))).toBeGreaterThanOrEqual(
              spacing,
            );
          }
          taken.push(place);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("gives up where nothing is accepted, and reaches both ends of the range", () => {
    const options = { shape: [6, 6], cube: [2, 2] };
    const none = drawCoordinate({ ...options, accept: () => false, tries: 10 }, createRandom(1));
    expect(none).toBeUndefined();
    const random = createRandom(2);
    const firsts = Array.from({ length: 200 }, () => drawCoordinate(options, random)?.[0]);
    expect([Math.min(...(firsts as number[])), Math.max(...(firsts as number[]))]).toEqual([1, 5]);
  });
});

describe("air filter", () => {
  it("counts what is at the threshold or above in the box alone; NaN is air", () => {
    const shape = [2, 3, 4];
    const data = new Float32Array(24).fill(-1000);
    data[0] = 500; // outside the box
    data[12 + 4 + 1] = -150;
    data[12 + 4 + 2] = -151;
    data[12 + 8 + 1] = NaN;
    const box = { start: [1, 1, 1], size: [1, 2, 2] };
    expect(tissueShare({ data, shape }, box)).toBe(0.25);
    expect(tissueShare({ data, shape }, box, -200)).toBe(0.5);
    expect(() => tissueShare({ data, shape }, { ...box, start: [1, 1, 3] })).toThrow(
      /not in the vol/,
    );
  });
});

describe("placeIn", () => {
  it("keeps the place in a volume of the same shape, and its share of the sides in another", () => {
    fc.assert(
      fc.property(fitting, fc.nat(999), ({ shape }, seed) => {
        const random = createRandom(seed);
        const place = shape.map((side) => random.integer(0, side));
        expect(placeIn(place, shape, shape)).toEqual(place);
        const finer = shape.map((side) => 3 * side);
        expect(placeIn(place, shape, finer)).toEqual(place.map((c) => 3 * c + 1));
        expect(placeIn(placeIn(place, shape, finer), finer, shape)).toEqual(place);
      }),
      runs,
    );
  });
});

describe("nearestPatients", () => {
  it("law: nobody left out is nearer than anybody taken; equally near ones in order", () => {
    const features = fc.array(
      fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 2, maxLength: 2 }),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(features, fc.nat(12), (all, count) => {
        const reference = all[0] as number[];
        const distance = (i: number): number =>
          Math.hypot(...reference.map((v, k) => v - (all[i]?.[k] as number)));
        const taken = nearestPatients(all, reference, count);
        expect(taken).toHaveLength(Math.min(count, all.length));
        if (count > 0) expect(taken[0]).toBe(0);
        const rest = all.map((_, i) => i).filter((i) => !taken.includes(i));
        const order = [...taken, ...rest.sort((a, b) => distance(a) - distance(b) || a - b)];
        order.slice(1).forEach((i, at) => {
          const before = order[at] as number;
          expect(
            distance(before) < distance(i) || (distance(before) === distance(i) && before < i),
          ).toBe(true);
        });
      }),
      runs,
    );
  });

  it("features of another length or that are no numbers are refused, by the patient's number", () => {
    expect(() => nearestPatients([[1, 2], [1]], [0, 0], 1)).toThrow(/patient 1 has 1/);
    expect(() => nearestPatients([[NaN, 2]], [0, 0], 1)).toThrow(/patient 0 has 2, not all/);
  });
});

describe("cubes at several resolutions", () => {
  it("law: the first is the cube; all lie in the volume; only in-plane sides differ, within the scale", () => {
    fc.assert(
      fc.property(fitting, fc.nat(999), ({ cube, shape }, seed) => {
        const center = shape.map((side) => Math.floor(side / 2));
        const boxes = resolutionBoxes(center, shape, { cube }, createRandom(seed));
        expect(boxes).toHaveLength(3);
        expect(boxes[0]).toEqual(boxAround(center, cube, shape));
        for (const box of boxes) {
          expect(inside(box, shape)).toBe(true);
          box.size.forEach((side, axis) => {
            const n = cube[axis] as number;
            if (axis < cube.length - 2) expect(side).toBe(n);
            else {
              expect(side).toBeGreaterThanOrEqual(Math.max(1, Math.round((n * 50) / 64)));
              expect(side).toBeLessThanOrEqual(Math.round((n * 79) / 64));
            }
          });
        }
      }),
      runs,
    );
  });

  it("TransVW's sides and jitter: 50 to 79 of 64 voxels, up to 10 off", () => {
    const [shape, cube, center] = [
      [40, 200, 200],
      [32, 64, 64],
      [20, 100, 100],
    ];
    const others = Array.from(
      { length: 200 },
      (_, i) => resolutionBoxes(center, shape, { cube, count: 2 }, createRandom(i))[1],
    ) as VoxelBox[];
    const sides = others.map(({ size }) => size[1] as number);
    expect([Math.min(...sides), Math.max(...sides)]).toEqual([50, 79]);
    const off = others.map(
      ({ start, size }) => (start[2] ?? 0) + Math.floor((size[2] ?? 0) / 2) - 100,
    );
    expect([Math.min(...off), Math.max(...off)]).toEqual([-10, 10]);
    expect(others.every(({ start }) => start[0] === 4)).toBe(true);
  });

  it("a cube is what is in its box, through the window; NaN is air", () => {
    const { data } = cutCube(
      counting([2, 3, 4]),
      { start: [1, 1, 2], size: [1, 2, 2] },
      [1, 2, 2],
      [0, 20],
    );
    expect([...data]).toEqual([18 / 20, 19 / 20, 1, 1].map(Math.fround));
    const odd = { data: Float32Array.of(NaN, -Infinity, Infinity, 0), shape: [2, 2] };
    expect([...cutCube(odd, whole([2, 2])).data]).toEqual([0, 0, 1, 0.5]);
    expect(() => cutCube(odd, whole([2, 2]), [2, 2], [1, 1])).toThrow(/window/);
  });

  it("law: a ramp stays a ramp away from the ends: exactly where enlarged, to a tenth of a voxel where shrunk", () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 16 }), fc.constantFrom(0, 1, 2), (side, axis) => {
        const shape = [0, 1, 2].map((a) => (a === axis ? side : 2));
        const ramp = counting(shape);
        const stride = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
        const along = { ...ramp, data: ramp.data.map((i) => Math.floor(i / stride) % side) };
        const cube = shape.map((n) => (n === side ? 10 : n));
        const resized = cutCube(along, whole(shape), cube, [0, side]);
        expect(resized.shape).toEqual(cube);
        const after = cube.slice(axis + 1).reduce((a, b) => a * b, 1);
        for (let i = 2; i < 8; i += 1) {
          const expected = ((i + 0.5) * side) / 10 - 0.5;
          const off = Math.abs((resized.data[i * after] as number) * side - expected);
          // Pillow's filter, sampled at whole voxels, keeps a ramp only about.
          expect(off).toBeLessThan(side > 10 ? 0.1 : 1e-5 * side);
        }
      }),
      { numRuns: 20 },
    );
  });
});
