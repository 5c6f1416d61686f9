import { cropResize, type Pixels, type Raster } from "@dira/augmentations";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  affineOf,
  indexToWorld,
  orientationOf,
  reorient,
  resampleTo,
  worldToIndex,
} from "../index.ts";

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });

/** A rotation, from a random quaternion, as three unit vectors. */
const rotation = fc
  .tuple(number(-1, 1), number(-1, 1), number(-1, 1), number(0.1, 1))
  .map(([x, y, z, w]) => {
    const length = Math.hypot(x, y, z, w);
    const [a, b, c, d] = [w, x, y, z].map((v) => v / length) as [number, number, number, number];
    return [
      [1 - 2 * (c * c + d * d), 2 * (b * c + a * d), 2 * (b * d - a * c)],
      [2 * (b * c - a * d), 1 - 2 * (b * b + d * d), 2 * (c * d + a * b)],
      [2 * (b * d + a * c), 2 * (c * d - a * b), 1 - 2 * (b * b + c * c)],
    ];
  });

const volume = fc
  .record({
    shape: fc.tuple(...[1, 2, 3].map(() => fc.integer({ min: 1, max: 5 }))),
    spacing: fc.tuple(...[1, 2, 3].map(() => number(0.3, 5))),
    origin: fc.tuple(...[1, 2, 3].map(() => number(-200, 200))),
    direction: rotation,
  })
  .map((place) => ({
    ...place,
    data: Int16Array.from(
      { length: place.shape.reduce((a, b) => a * b, 1) },
      (_, i) => (i * 7919) % 1000,
    ),
  }));

function close(a: readonly number[], b: readonly number[], tolerance = 1e-9): void {
  expect(a).toHaveLength(b.length);
  a.forEach((v, i) => expect(Math.abs(v - (b[i] as number))).toBeLessThanOrEqual(tolerance));
}

function* indices(shape: readonly number[]): Generator<number[]> {
  const total = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < total; i += 1) {
    const index: number[] = [];
    shape.reduceRight((rest, side) => {
      index.unshift(rest % side);
      return Math.floor(rest / side);
    }, i);
    yield index;
  }
}

function at({ data, shape }: Raster<Pixels>, index: readonly number[]): number {
  return data[index.reduce((sum, v, axis) => sum * (shape[axis] as number) + v, 0)] as number;
}

describe("index and world, examples", () => {
  it("has the formula's numbers", () => {
    const scan = {
      shape: [2, 3, 4],
      spacing: [5, 2, 1],
      origin: [10, 20, 30],
      direction: [
        [0, 0, 1],
        [0, 1, 0],
        [-1, 0, 0],
      ],
    };
    expect(indexToWorld(scan, [1, 1, 3])).toEqual([7, 22, 35]);
    expect(affineOf({ shape: [4, 4], spacing: [3, 2] })).toEqual([
      [0, 2, 0],
      [3, 0, 0],
    ]);
  });

  it("refuses two axes of one direction", () => {
    const direction = [
      [1, 0],
      [1, 0],
    ];
    expect(() => worldToIndex({ shape: [2, 2], direction }, [0, 0])).toThrow(/one direction/);
  });
});

describe("index and world, laws", () => {
  it("are each other's inverse", () => {
    fc.assert(
      fc.property(volume, fc.array(number(-9, 9), { minLength: 3, maxLength: 3 }), (scan, index) =>
        close(worldToIndex(scan, indexToWorld(scan, index)), index, 1e-8),
      ),
      { numRuns: 50 },
    );
  });
});

describe("reorient, laws", () => {
  const codes = ["LPS", "RAS", "SPL", "AIR", "ILA"];

  it("leaves every value at its place in the world", () => {
    fc.assert(
      fc.property(volume, fc.constantFrom(...codes), (scan, code) => {
        const turned = reorient(scan, code);
        for (const index of indices(turned.shape)) {
          const back = worldToIndex(scan, indexToWorld(turned, index));
          const whole = back.map(Math.round);
          close(back, whole, 1e-6);
          expect(at(turned, index)).toBe(at(scan, whole));
        }
      }),
      { numRuns: 30 },
    );
  });

  it("points the axes where the code says, and back again gives the scan", () => {
    fc.assert(
      fc.property(volume, (scan) => {
        const turned = reorient(scan, "LPS");
        const diagonal = [0, 1, 2].map((row) => turned.direction?.[2 - row]?.[row] ?? 0);
        // The permutation that agrees most has no negative entry, and the most agreement in all.
        for (const cosine of diagonal) expect(cosine).toBeGreaterThanOrEqual(0);
        expect(diagonal.reduce((a, b) => a + b)).toBeGreaterThan(1);
        const again = reorient(reorient(turned, "RAS"), "LPS");
        expect(again.data).toEqual(turned.data);
        expect(again.shape).toEqual(turned.shape);
        close(again.origin ?? [], turned.origin ?? [], 1e-9);
      }),
      { numRuns: 30 },
    );
  });

  it("comes back to the axes that it came from", () => {
    fc.assert(
      fc.property(volume, fc.constantFrom(...codes), (scan, code) => {
        const back = reorient(reorient(scan), orientationOf(scan));
        expect(back.shape).toEqual(scan.shape);
        expect(back.data).toEqual(scan.data);
        close(affineOf(back).flat(), affineOf(scan).flat(), 1e-6);
        const upright = { ...scan, direction: undefined as never };
        expect(orientationOf(reorient(upright, code))).toBe(code);
      }),
      { numRuns: 50 },
    );
    expect(orientationOf({ shape: [2, 3] })).toBe("LP");
  });

  it("takes images too, and refuses other codes", () => {
    const image = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };
    const turned = reorient(image, "RP");
    expect([...turned.data]).toEqual([3, 2, 1, 6, 5, 4]);
    expect(turned.origin).toEqual([2, 0]);
    expect([...reorient(image, "PL").data]).toEqual([1, 4, 2, 5, 3, 6]);
    for (const code of ["LRS", "XYZ", "L"]) expect(() => reorient(image, code)).toThrow(/letters/);
  });
});

describe("resampleTo, laws", () => {
  it("gives a linear ramp exactly, where there are pixels on both sides", () => {
    const slope = fc.array(number(-3, 3), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(volume, slope, number(0.4, 6), (scan, [a = 0, b = 0, c = 0], mm) => {
        const ramp = (w: readonly number[]) =>
          a * (w[0] as number) + b * (w[1] as number) + c * (w[2] as number);
        const values = [...indices(scan.shape)].map((index) => ramp(indexToWorld(scan, index)));
        const image = { ...scan, data: Float32Array.from(values) };
        const out = resampleTo(image, mm);
        expect(out.spacing).toEqual([mm, mm, mm]);
        for (const index of indices(out.shape)) {
          const world = indexToWorld(out, index);
          const inside = worldToIndex(scan, world).every(
            (v, axis) => v >= -1e-9 && v <= (scan.shape[axis] as number) - 1 + 1e-9,
          );
          if (inside) expect(Math.abs(at(out, index) - ramp(world))).toBeLessThan(2e-3);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("changes nothing at the spacing there is", () => {
    fc.assert(
      fc.property(volume, (scan) => {
        const same = resampleTo(scan, scan.spacing);
        expect(same.data).toEqual(scan.data);
        expect(same.shape).toEqual(scan.shape);
        close(same.origin ?? [], scan.origin, 1e-9);
      }),
      { numRuns: 20 },
    );
  });

  it("makes no new label, and keeps the outer edge in place", () => {
    fc.assert(
      fc.property(volume, number(0.4, 6), (scan, mm) => {
        const data = Uint8Array.from(scan.data, (v) => v % 5);
        const out = resampleTo({ ...scan, data }, mm, { kind: "labels" });
        const known = new Set(data);
        for (const label of out.data) expect(known.has(label)).toBe(true);
        const edge = [-0.5, -0.5, -0.5];
        close(indexToWorld(out, edge), indexToWorld(scan, edge), 1e-9);
      }),
      { numRuns: 30 },
    );
  });
});

describe("resampleTo, parity and examples", () => {
  it("antialiased, is cropResize where sides divide", () => {
    const data = Float32Array.from({ length: 8 * 12 }, (_, i) => Math.sin(i * i));
    const image = { data, shape: [8, 12], spacing: [1, 1] };
    const small = resampleTo(image, [2, 3], { antialias: true });
    const expected = cropResize(image, [0, 0, 8, 12], [4, 4]);
    expect(small.shape).toEqual(expected.shape);
    close([...small.data], [...expected.data], 1e-6);
    expect([...resampleTo(image, [2, 3]).data]).not.toEqual([...small.data]);
  });

  it("keeps whole-number types, rounded, in shared memory", () => {
    const scan = { data: Int16Array.of(-1000, -501, 200, 3000), shape: [1, 4], spacing: [1, 1] };
    const out = resampleTo(scan, [1, 2]);
    expect([...out.data]).toEqual([-750, 1600]);
    expect(out.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(out.origin).toEqual([0.5, 0]);
  });

  it("says what is wrong with a spacing", () => {
    const scan = { data: new Uint8Array(4), shape: [2, 2] };
    expect(() => resampleTo(scan, 1)).toThrow(/has none/);
    expect(() => resampleTo({ ...scan, spacing: [1, 1] }, [1, 0])).toThrow(/above 0/);
  });
});
