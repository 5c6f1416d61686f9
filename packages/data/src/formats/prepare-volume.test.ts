import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DataError,
  ImageError,
  indexToWorld,
  prepareVolume,
  reorient,
  type Scan,
} from "../index.ts";

/** All orders and senses of the patient's axes. */
const CODES = ["LPS", "RAS", "PSR", "SAL", "AIR", "IRP", "LSA"];
const PLACE = { spacing: [3, 2, 1], origin: [-7, 5, 40] };

/** A volume of a function of the world, stored along any axes. */
function fieldOf(field: (world: readonly number[]) => number, code: string): Scan {
  const shape = [4, 5, 6];
  const plain: Scan = { data: new Float32Array(120), shape, ...PLACE };
  plain.data.forEach((_, i) => {
    plain.data[i] = field(indexToWorld(plain, indexOf(i, shape)));
  });
  return reorient(plain, code);
}

function indexOf(at: number, shape: readonly number[]): number[] {
  return shape.map((side, axis) => {
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    return Math.floor(at / inner) % side;
  });
}

const flat = (values: readonly number[], more: Partial<Scan> = {}): Scan => ({
  data: Float32Array.from(values),
  shape: [1, 1, values.length],
  ...more,
});
const CT = { window: [-1000, 1000] } as const;

describe("prepareVolume, laws", () => {
  it("min-max takes away scale and shift, and gives 0 and 1", () => {
    const whole = fc.integer({ min: -500, max: 500 });
    fc.assert(
      fc.property(
        fc.uniqueArray(whole, { minLength: 2, maxLength: 9 }),
        fc.constantFrom(1, 2, 8),
        whole,
        (values, scale, shift) => {
          const share = (scan: Scan): number[] => [
            ...prepareVolume(scan, { window: "min-max" }, "x").data,
          ];
          const plain = share(flat(values));
          expect([Math.min(...plain), Math.max(...plain)]).toEqual([0, 65535]);
          expect(share(flat(values.map((v) => scale * v + shift)))).toEqual(plain);
        },
      ),
    );
    expect(() => prepareVolume(flat([3, 3]), { window: "min-max" }, "x")).toThrow(
      /x: expected voxels that differ, .*, all are 3/,
    );
    expect(() => prepareVolume(flat([1, Infinity]), { window: "min-max" }, "x")).toThrow(
      /x: expected finite values/,
    );
    expect(() => prepareVolume(flat([NaN, NaN, 1]), { window: "min-max" }, "x")).toThrow(
      /in at least half of its voxels/,
    );
  });

  it("each voxel has the share of what lies at its place in the world, however it was stored", () => {
    const halves = fc.constantFrom(0.5, 1, 2);
    fc.assert(
      fc.property(
        fc.constantFrom(...CODES),
        fc.tuple(halves, halves, halves),
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 }),
        (code, steps, slopes) => {
          const field = (world: readonly number[]): number =>
            world.reduce((sum, mm, i) => sum + mm * (slopes[i] as number), 50);
          const spacing = steps.map((step, axis) => step * (PLACE.spacing[axis] as number));
          const made = prepareVolume(fieldOf(field, code), { ...CT, spacing }, "x");
          expect(made.spacing).toEqual(spacing);
          expect(made.data).toBeInstanceOf(Uint16Array);
          expect(made.data.buffer).toBeInstanceOf(SharedArrayBuffer);
          made.data.forEach((value, i) => {
            const index = indexOf(i, made.shape);
            // At the rim, values stay as they are.
            if (index.some((at, a) => at === 0 || at === (made.shape[a] as number) - 1)) return;
            const share = (field(indexToWorld(made, index)) + 1000) / 2000;
            expect(Math.abs(value / 65535 - share)).toBeLessThan(1 / 131_070 + 1e-6);
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it("comes out axial: z to the head, y to the back, x to the left", () => {
    for (const code of CODES) {
      const made = prepareVolume(
        fieldOf(([x = 0]) => x, code),
        CT,
        "x",
      );
      expect(made.shape).toEqual([4, 5, 6]);
      expect(made.direction).toEqual([
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
      ]);
      expect(made.origin).toEqual(PLACE.origin);
    }
  });

  it("leaves the scan it is given as it is, and has the same of it twice", () => {
    const scan = fieldOf(([x = 0, y = 0]) => (x > -5 ? y * 20 : NaN), "RAS");
    const before = scan.data.slice();
    const once = prepareVolume(scan, { ...CT, spacing: [1, null, 2] }, "x");
    expect(scan.data).toEqual(before);
    expect(prepareVolume(scan, { ...CT, spacing: [1, null, 2] }, "x")).toEqual(once);
    expect(once.spacing).toEqual([1, 2, 2]);
  });
});

describe("prepareVolume, examples of values", () => {
  it("cuts the window at both ends, and takes NaN as air", () => {
    const made = prepareVolume(flat([-3000, -1000, -150, 0, 1000, 3000, NaN]), CT, "x");
    expect([...made.data]).toEqual([0, 0, Math.round(0.425 * 65535), 32768, 65535, 65535, 0]);
  });

  it("NaN is air before it is resampled, and spoils no neighbour", () => {
    const scan = flat([1000, NaN, 1000, 1000], { spacing: [1, 1, 1] });
    const made = prepareVolume(scan, { ...CT, spacing: [null, null, 2] }, "x");
    // Half of two voxels, and of their neighbours an eighth: 1/8, 3/8, 3/8, 1/8; the rim has 3/7, 3/7, 1/7.
    expect(made.shape).toEqual([1, 1, 2]);
    expect(made.data[0]).toBe(Math.round((4 / 7) * 65535));
  });

  it("resamples before it rounds", () => {
    const scan: Scan = { data: Int16Array.of(0, 1), shape: [1, 1, 2], spacing: [1, 1, 1] };
    const made = prepareVolume(scan, { window: [0, 1], spacing: [null, null, 0.5] }, "x");
    expect([...made.data].map((v) => v / 65535)).toEqual(
      [0, 0.25, 0.75, 1].map((v) => Math.round(v * 65535) / 65535),
    );
  });

  it("unsigned volumes and floats in [0, 1] stay as they are; with a window, it is of their values", () => {
    const bytes: Scan = { data: Uint8Array.of(0, 100, 255), shape: [1, 1, 3] };
    expect(prepareVolume(bytes, {}, "x").data).toEqual(bytes.data);
    expect([...prepareVolume(bytes, { window: [0, 200] }, "x").data]).toEqual([0, 32768, 65535]);
    const shares = flat([0, 0.25, 1]);
    expect(prepareVolume(shares, {}, "x").data).toEqual(shares.data);
  });
});

describe("prepareVolume, examples of failure", () => {
  const of = (scan: Scan, preparation = {}): (() => Scan) => {
    return () => prepareVolume(scan, preparation, "a/ct.nii");
  };
  const wide = (value: number, spacing?: readonly number[]): Scan => ({
    data: new Int16Array(4 * 6 * 6).fill(value),
    shape: [4, 6, 6],
    ...(spacing && { spacing }),
  });

  it.each([
    [of(flat([-1024, 0, 5])), /values in \[0, 1\].*it has -1024 to 5\. Give a window.*-1000, 1000/],
    [of(flat([0, Infinity]), CT), /expected finite values, it has 0 to Infinity\. Mend the file/],
    [of(flat([0, -Infinity, NaN]), CT), /expected finite values, it has -Infinity to 0/],
    [of(flat([0, NaN]), {}), /expected numbers only, 50 % are none \(NaN\)\. Give a window/],
    [of(flat([0, NaN, NaN]), CT), /at least half of its voxels, 66\.7 % are none \(NaN\)\. Mend/],
    [of(flat([NaN, NaN]), CT), /at least half of its voxels, 100 % are none/],
    [
      of({ data: new Uint8Array(6), shape: [1, 2, 3] }, CT),
      /expected Hounsfield units, as the window is \[-1000, 1000\].* 255 is 1/,
    ],
    [of({ data: new Uint8Array(6), shape: [2, 3] }), /3 axes .* its shape is 2 × 3\. Stack/],
    [of({ data: new Uint8Array(6), shape: [2, 1, 1, 3] }), /its shape is 2 × 1 × 1 × 3\. Split/],
    [of(wide(0), { ...CT, spacing: [1, 1, 1] }), /distance of its voxels .*, the file has none/],
    [of(wide(0, [1, 1, 1]), { spacing: [0.001, 0.001, 0.001] }), /at most 2,147 MB .*coarser/],
    [
      of(wide(0), { ...CT, atLeast: [4, 6, 7] }),
      /at least 4 × 6 × 7 voxels .*, it has 4 × 6 × 6\. Choose a smaller patch/,
    ],
    [
      of(wide(0, [3, 1, 1]), { ...CT, spacing: [3, 2, null], atLeast: [4, 6, 6] }),
      /it has 4 × 3 × 6 of 3 × 2 × 1 mm/,
    ],
  ])("%# names the file, what is expected, what came and what to do", (make, message) => {
    expect(make).toThrow(ImageError);
    expect(make).toThrow(message);
    expect(make).toThrow(/^a\/ct\.nii: expected /);
  });

  it("axes more than 45° off the patient's are refused, others kept as they are", () => {
    // A turn about (1, 1, 1): each axis is off its own by as much.
    const turned = (degrees: number): Scan => {
      const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
      const row = [c + (1 - c) / 3, (1 - c) / 3 + s / Math.sqrt(3), (1 - c) / 3 - s / Math.sqrt(3)];
      const axis = (i: number): number[] => [0, 1, 2].map((j) => row[(j - i + 3) % 3] as number);
      return { ...wide(0), direction: [axis(2), axis(1), axis(0)] };
    };
    const { direction } = turned(20);
    expect(of(turned(20), CT)().direction?.flat()).toEqual(
      direction?.flat().map((v) => expect.closeTo(v, 12) as number),
    );
    expect(of(turned(60), CT)).toThrow(/within 45° of the patient's .*, its are 48°, 48°, 48° off/);
    const none = {
      ...wide(0),
      direction: [
        [0, 0, 0],
        [0, 1, 0],
        [1, 0, 0],
      ],
    };
    expect(of(none, CT)).toThrow(/within 45° .*, its are 90°, 0°, 0° off/);
  });

  it("a preparation that is none is the caller's mistake", () => {
    for (const bad of [
      { window: [1, 1] },
      { window: [NaN, 1] },
      { spacing: [1, 1] },
      { spacing: [1, 0, 1] },
      { atLeast: [1, 2.5, 1] },
    ]) {
      expect(of(wide(0), bad)).toThrow(DataError);
    }
  });
});
