import { describe, expect, it } from "vitest";
import { gridAround, phantomBrainMr, phantomChestCt, phantomSet } from "../index.ts";

const mean = (data: ArrayLike<number>, pick: (i: number) => boolean): number => {
  let [sum, count] = [0, 0];
  for (let i = 0; i < data.length; i += 1) {
    if (pick(i)) [sum, count] = [sum + (data[i] as number), count + 1];
  }
  return sum / count;
};

describe("phantomChestCt, statistics", () => {
  it("tissues have the Hounsfield units of the body's", () => {
    for (let index = 0; index < 4; index += 1) {
      const { scan, organs } = phantomChestCt({ seed: 1, index });
      const of = (organ: number): number => mean(scan.data, (i) => organs.data[i] === organ);
      const lungs = [of(1), of(2)];
      for (const lung of lungs) {
        expect(lung).toBeGreaterThan(-900);
        expect(lung).toBeLessThan(-700);
      }
      expect(Math.abs(of(3) - 44)).toBeLessThan(25);
      expect(Math.abs(of(4) - 58)).toBeLessThan(25);
      expect(mean(scan.data.subarray(0, 8), () => true)).toBeLessThan(-950);
      expect(scan.data.some((v) => v > 200)).toBe(true);
      // Litres: 3 to 8 of lung, a liver's part.
      const voxel = (scan.spacing ?? []).reduce((a, b) => a * b, 1e-6);
      const lungVolume = voxel * organs.data.filter((v) => v === 1 || v === 2).length;
      expect(lungVolume).toBeGreaterThan(2.5);
      expect(lungVolume).toBeLessThan(8);
    }
  });

  it("shows the same patient on every grid", () => {
    const options = { seed: 2, index: 1, nodules: 1 };
    const whole = phantomChestCt(options);
    const center = [-60, 10, 0] as const;
    const cube = phantomChestCt(options, gridAround(center, [4, 4, 4], [4, 4, 4]));
    const [origin, spacing] = [whole.scan.origin ?? [], whole.scan.spacing ?? []];
    const place = [2, 1, 0].map((axis) =>
      Math.round(
        ((center[axis] as number) - (origin[axis] as number)) / (spacing[2 - axis] as number),
      ),
    ) as [number, number, number];
    const [, height, width] = whole.scan.shape as [number, number, number];
    const organ = whole.organs.data[(place[0] * height + place[1]) * width + place[2]];
    expect(organ).toBe(2);
    expect(mean(cube.organs.data, () => true)).toBe(2);
    expect(cube.scan.origin).toEqual([-66, 4, -6]);
  });

  it("contrast medium is bright, clots in it are not, nodules are denser than lung", () => {
    const { scan, findings } = phantomChestCt(
      { seed: 3, index: 0, contrast: true, nodules: 2, emboli: 2, liverLesions: 2 },
      gridAround([0, 0, -40], [96, 96, 128], [3.5, 2.6, 2.8]),
    );
    const of = (value: number): number => mean(scan.data, (i) => findings.data[i] === value);
    expect(of(1)).toBeGreaterThan(-550);
    expect(of(2)).toBeLessThan(130);
    expect(of(2)).toBeGreaterThan(-60);
    expect(of(3)).toBeLessThan(85);
  });
});

describe("phantomBrainMr, statistics", () => {
  it("oedema is bright, the core darker than its ring, and what lies outside the brain is 0", () => {
    const scales = new Set<number>();
    for (let index = 0; index < 4; index += 1) {
      const { scan, tumour } = phantomBrainMr({ seed: 1, index, shape: [48, 96, 96] });
      const of = (value: number): number => mean(scan.data, (i) => tumour.data[i] === value);
      const brain = mean(scan.data, (i) => tumour.data[i] === 0 && (scan.data[i] as number) > 0);
      scales.add(Math.round(brain));
      expect(of(2)).toBeGreaterThan(1.25 * brain);
      expect(of(4)).toBeGreaterThan(1.2 * brain);
      expect(of(1)).toBeLessThan(0.85 * of(4));
      expect(scan.data[0]).toBe(0);
    }
    expect(scales.size).toBe(4);
  });
});

describe("liver phantoms, statistics", () => {
  it("lesions are darker than the liver around them", async () => {
    const set = phantomSet({ kind: "lits", count: 8, seed: 1 });
    const all: [number, number][] = [];
    for (let i = 0; i < set.length; i += 1) {
      const [scan, mask] = [await set.read(i), await set.mask?.(i)];
      const of = (value: number): number => mean(scan.data, (at) => mask?.data[at] === value);
      expect(of(1)).toBeGreaterThan(70);
      if (mask?.data.includes(2) === true) all.push([of(1), of(2)]);
    }
    expect(all.length).toBeGreaterThan(2);
    // A small one may lie on a vessel, which is bright.
    const darker = all.reduce((sum, [liver, lesion]) => sum + liver - lesion, 0) / all.length;
    expect(darker).toBeGreaterThan(15);
  });
});
