import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  brierScore,
  expectedCalibrationError,
  multiLabelBrierScore,
  multiLabelCalibrationError,
  reliability,
  topClassCalibrationError,
} from "../index.ts";

const probability = fc.integer({ min: 0, max: 60 }).map((k) => k / 60);
const cases = fc.array(fc.tuple(probability, fc.constantFrom(0, 1, 1, NaN)), {
  minLength: 1,
  maxLength: 40,
});

/** Guo et al.'s loop over bins (low, high]. */
function byBins(p: readonly number[], y: readonly number[], bins: number): number | undefined {
  const known = p.map((_, i) => i).filter((i) => !Number.isNaN(y[i]));
  if (known.length === 0) return undefined;
  let error = 0;
  for (let k = 0; k < bins; k += 1) {
    const inside = known.filter((i) => {
      const value = p[i] ?? NaN;
      return (value > k / bins || (k === 0 && value === 0)) && value <= (k + 1) / bins;
    });
    if (inside.length === 0) continue;
    const mean = (of: readonly number[]): number =>
      inside.reduce((sum, i) => sum + (of[i] ?? NaN), 0) / inside.length;
    error += (inside.length / known.length) * Math.abs(mean(y) - mean(p));
  }
  return error;
}

describe("expectedCalibrationError", () => {
  it("example: two bins by hand", () => {
    // (0, ½]: mean 0.3, half of two are positive; (½, 1]: 0.9, one of two.
    const [p, y] = [[0.2, 0.4, 0.8, 1], [0, 1, 1, 0]]; // prettier-ignore
    expect(expectedCalibrationError(p, y, { bins: 2 })).toBeCloseTo(0.5 * 0.2 + 0.5 * 0.4, 14);
    const bins = reliability(p, y, { bins: 2 });
    expect(bins.map(({ low, high, count }) => [low, high, count])).toEqual([[0, 0.5, 2], [0.5, 1, 2]]); // prettier-ignore
    expect(bins[1]?.frequency).toBe(0.5);
    expect(reliability([0.5], [1])[0]).toMatchObject({ low: 7 / 15, high: 8 / 15 });
  });

  it("bins are closed on the right, whatever rounding makes of their bounds; 0 is in the first", () => {
    const boundsOf = (p: number, bins: number): (number | undefined)[] => {
      const [bin] = reliability([p], [1], { bins });
      return [bin?.low, bin?.high];
    };
    for (let bins = 1; bins <= 60; bins += 1) {
      expect(boundsOf(0, bins)).toEqual([0, 1 / bins]);
      for (let k = 1; k <= bins; k += 1) {
        expect(boundsOf(k / bins, bins)).toEqual([(k - 1) / bins, k / bins]);
        const above = (k / bins) * (1 + Number.EPSILON);
        if (k < bins) expect(boundsOf(above, bins)).toEqual([k / bins, (k + 1) / bins]);
      }
    }
  });

  it("parity: the paper's loop over bins, where many probabilities lie on bounds", () => {
    const property = fc.property(cases, fc.constantFrom(1, 10, 15, 20), (rows, bins) => {
      const [p, y] = [rows.map(([a]) => a), rows.map(([, b]) => b)];
      const expected = byBins(p, y, bins);
      const found = expectedCalibrationError(p, y, { bins });
      if (expected === undefined) expect(found).toBeUndefined();
      else expect(found).toBeCloseTo(expected, 12);
    });
    fc.assert(property, { numRuns: 50 });
  });

  it("law: in [0, 1]; 0 where each probability is its bin's frequency; one bin compares the means", () => {
    const property = fc.property(cases, (rows) => {
      const [p, y] = [rows.map(([a]) => a), rows.map(([, b]) => b)];
      const found = expectedCalibrationError(p, y) ?? 0;
      expect(found).toBeGreaterThanOrEqual(0);
      expect(found).toBeLessThanOrEqual(1);
      const certain = y.map((label) => (label === 1 ? 1 : 0));
      expect(expectedCalibrationError(certain, y) ?? 0).toBe(0);
      const wrong = certain.map((q) => 1 - q);
      expect(expectedCalibrationError(wrong, y) ?? 1).toBe(1);
    });
    fc.assert(property, { numRuns: 30 });
  });

  it("example: of labels one by one, and of the likeliest class", () => {
    const rows = [[0.9, 0.1], [0.6, 0.4]]; // prettier-ignore
    const labels = [[1, NaN], [0, NaN]]; // prettier-ignore
    const found = multiLabelCalibrationError(rows, labels);
    expect(found.perLabel[0]).toBeCloseTo(0.5 * 0.1 + 0.5 * 0.6, 14);
    expect(found.perLabel[1]).toBeUndefined();
    // Both say class 0; the first is right.
    expect(topClassCalibrationError(rows, [0, 1])).toBeCloseTo(0.5 * 0.1 + 0.5 * 0.6, 14);
    expect(topClassCalibrationError([[0.5, 0.5]], [0])).toBe(0.5);
  });

  it("refuses what is no probability, and says of which image", () => {
    expect(() => expectedCalibrationError([0.5, 3], [0, 1])).toThrow(/got 3 of image 1.*logits/);
    expect(() => expectedCalibrationError([0.5, NaN], [0, 1])).toThrow(/image 1 is NaN/);
    expect(() => topClassCalibrationError([[0.5, 0.5], [1, NaN]], [0, 1])).toThrow(/image 1 is NaN/); // prettier-ignore
    expect(() => topClassCalibrationError([[1, 0]], [0, 1])).toThrow(/each of 2 images, got 1/);
    expect(() => reliability([0.5], [1], { bins: 0 })).toThrow(/1 bin or more, got 0/);
  });
});

describe("brierScore", () => {
  it("golden: scikit-learn 1.2.1's brier_score_loss", () => {
    const p = [0.1, 0.4, 0.4, 0.8, 0.35, 0.8, 0.2, 0.65, 0.05, 0.4];
    expect(brierScore(p, [0, 1, 0, 1, 0, 1, 0, 0, 1, 0])).toBeCloseTo(0.22575, 14);
  });

  it("example: by hand; unknown ones are left out, one class will do", () => {
    expect(brierScore([0.5, 0.5, 0.9], [0, 1, NaN])).toBe(0.25);
    expect(brierScore([1, 0.5], [1, 1])).toBe(0.125);
    expect(brierScore([0.5], [NaN])).toBeUndefined();
    expect(multiLabelBrierScore([[0, 1]], [[0, NaN]])).toEqual({
      perLabel: [0, undefined],
      mean: 0,
    });
    expect(() => brierScore([-0.1], [0])).toThrow(/got -0.1 of image 0/);
  });

  it("law: never below the squared calibration error (Jensen), whatever the bins", () => {
    const property = fc.property(cases, (rows) => {
      const [p, y] = [rows.map(([a]) => a), rows.map(([, b]) => b)];
      const error = expectedCalibrationError(p, y) ?? 0;
      expect((brierScore(p, y) ?? 0) + 1e-12).toBeGreaterThanOrEqual(error ** 2);
    });
    fc.assert(property, { numRuns: 30 });
  });
});
