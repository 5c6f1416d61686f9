import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cropCube, worldToIndex } from "../index.ts";
import { markBall } from "./volume-geometry.ts";

const shape = [7, 8, 9] as const;
const spacing = [2.5, 0.5, 0.75] as const;
const origin = [-10, 20, -30] as const;
/** 3 + 2 z + 5 y − 4 x, in voxels. */
const ramp = Float32Array.from({ length: 7 * 8 * 9 }, (_, i) => {
  const [x, y, z] = [i % 9, Math.floor(i / 9) % 8, Math.floor(i / 72)];
  return 3 + 2 * z + 5 * y - 4 * x;
});
const valueAt = ([z, y, x]: readonly number[]): number =>
  3 + 2 * (z as number) + 5 * (y as number) - 4 * (x as number);
const inside = fc.tuple(
  fc.double({ min: 2, max: 4, noNaN: true }),
  fc.double({ min: 2, max: 5, noNaN: true }),
  fc.double({ min: 2, max: 6, noNaN: true }),
);

describe("cropCube, laws", () => {
  it("gives a linear function exactly, at any place and with any voxels", () => {
    const millimetres = fc.double({ min: 0.2, max: 0.6, noNaN: true });
    fc.assert(
      fc.property(inside, millimetres, (center, mm) => {
        const volume = { data: ramp, shape, spacing, origin };
        const cube = cropCube(volume, center, { shape: [2, 3, 3], spacing: [mm, mm, mm] });
        for (let i = 0; i < 18; i += 1) {
          const place = [Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3];
          // The cube's own geometry says where each of its voxels lies in the volume.
          const world = [2, 1, 0].map(
            (axis, k) => (cube.origin?.[k] as number) + (place[axis] as number) * mm,
          );
          expect(cube.data[i]).toBeCloseTo(valueAt(worldToIndex(volume, world)), 4);
        }
        const middle = [2, 1, 0].map((axis, k) => {
          const half = ([2, 3, 3][axis] as number) / 2 - 0.5;
          return (cube.origin?.[k] as number) + half * mm;
        });
        worldToIndex(volume, middle).forEach((at, axis) => {
          expect(at).toBeCloseTo(center[axis] as number, 9);
        });
      }),
      { numRuns: 30 },
    );
  });

  it("keeps type and values where voxels stay as they are, and goes on at borders", () => {
    const volume = { data: Int16Array.from(ramp), shape, spacing };
    const cube = cropCube(volume, [0, 4, 4], { shape: [3, 1, 1] });
    expect(cube.data).toEqual(
      Int16Array.of(valueAt([0, 4, 4]), valueAt([0, 4, 4]), valueAt([1, 4, 4])),
    );
    expect([cube.spacing, cube.origin]).toEqual([spacing, undefined]);
  });
});

describe("markBall, examples", () => {
  it("marks what lies within the radius in mm, also at a border", () => {
    const mask = { data: new Uint8Array(7 * 8 * 9), shape, spacing };
    markBall(mask, [3, 4, 4], 1, 2);
    const on = [...mask.data.keys()].filter((i) => mask.data[i] === 2);
    // Rows at −2 … 2 voxels of 0.5 mm, columns of 0.75 mm: 1, 3, 3, 3, 1; no other slice.
    expect(on.length).toBe(11);
    markBall(mask, [0, 0, 0], 3);
    expect(mask.data[72]).toBe(1);
    expect(mask.data[144]).toBe(0);
  });
});
