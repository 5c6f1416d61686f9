import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  auroc,
  averagePrecision,
  multiLabelAveragePrecision,
  operatingPoint,
  operatingPointAt,
  youdenPoint,
} from "../index.ts";

/** Scores with many ties, and the truth of each, some unknown. */
const cases = fc.array(
  fc.tuple(fc.integer({ min: -4, max: 4 }), fc.constantFrom(0, 0, 1, 1, NaN)),
  { minLength: 1, maxLength: 30 },
);
const unzipped = (rows: readonly (readonly [number, number])[]): [number[], number[]] => [
  rows.map(([score]) => score),
  rows.map(([, label]) => label),
];
const scores = [0.1, 0.4, 0.4, 0.8, 0.35, 0.8, 0.2, 0.65, 0.05, 0.4];
const truth = [0, 1, 0, 1, 0, 1, 0, 0, 1, 0];

/** As its definition says, for each different score anew. */
function byThresholds(values: readonly number[], labels: readonly number[]): number | undefined {
  const positives = labels.filter((l) => l === 1).length;
  if (positives === 0 || !labels.includes(0)) return undefined;
  const thresholds = [...new Set(values.filter((_, i) => !Number.isNaN(labels[i])))];
  let [area, recallBefore] = [0, 0];
  for (const threshold of thresholds.sort((a, b) => b - a)) {
    const called = labels.filter((l, i) => !Number.isNaN(l) && (values[i] ?? 0) >= threshold);
    const right = called.filter((l) => l === 1).length;
    area += (right / positives - recallBefore) * (right / called.length);
    recallBefore = right / positives;
  }
  return area;
}

describe("averagePrecision", () => {
  it("example: by hand, with a tie between the classes", () => {
    // 0.8 is right; of 0.4 one of two: ½ · 1 + ½ · 2/3. A positive that comes last of n adds 1/n.
    expect(averagePrecision([0.1, 0.4, 0.4, 0.8], [0, 0, 1, 1])).toBeCloseTo(0.5 + 1 / 3, 14);
    expect(averagePrecision([3, 2, 1], [0, 0, 1])).toBeCloseTo(1 / 3, 14);
    expect(averagePrecision([-Infinity, Infinity, 0], [0, 1, 0])).toBe(1);
  });

  it("golden: scikit-learn 1.2.1's average_precision_score and roc_auc_score", () => {
    expect(averagePrecision(scores, truth)).toBeCloseTo(0.725, 14);
    expect(auroc(scores, truth)).toBeCloseTo(0.6666666666666667, 14);
  });

  it("parity: the sum over thresholds, counted anew at each", () => {
    const property = fc.property(cases, (rows) => {
      const [values, labels] = unzipped(rows);
      const expected = byThresholds(values, labels);
      if (expected === undefined) expect(averagePrecision(values, labels)).toBeUndefined();
      else expect(averagePrecision(values, labels)).toBeCloseTo(expected, 12);
    });
    fc.assert(property, { numRuns: 100 });
  });

  it("law: strictly increasing maps change nothing, nor does the order; perfect order gives 1", () => {
    const property = fc.property(cases, (rows) => {
      const [values, labels] = unzipped(rows);
      const found = averagePrecision(values, labels);
      const mapped = values.map((s) => Math.exp(s) + s ** 3);
      expect(averagePrecision(mapped, labels)).toBe(found);
      expect(averagePrecision([...values].reverse(), [...labels].reverse())).toBe(found);
      const perfect = labels.map((label) => (label === 1 ? 1 : 0));
      if (found !== undefined) expect(averagePrecision(perfect, labels)).toBe(1);
    });
    fc.assert(property, { numRuns: 50 });
  });

  it("of one class there is none, in the mean neither; NaN scores are named", () => {
    expect(averagePrecision([1, 2], [1, 1])).toBeUndefined();
    expect(averagePrecision([1, 2], [0, NaN])).toBeUndefined();
    const found = multiLabelAveragePrecision([[1, 1], [2, 2]], [[0, 1], [1, 1]]); // prettier-ignore
    expect(found).toEqual({ perLabel: [1, undefined], mean: 1 });
    expect(() => averagePrecision([1, NaN], [0, 1])).toThrow(/averagePrecision.*image 1 is NaN/);
    const rows = [[1, 1], [2, NaN]]; // prettier-ignore
    expect(() => multiLabelAveragePrecision(rows, rows)).toThrow(/image 1/);
  });
});

describe("operatingPoint", () => {
  it("example: counts and ratios by hand; a score at the threshold is positive", () => {
    expect(operatingPoint(scores, truth, 0.4)).toEqual({
      threshold: 0.4,
      truePositives: 3,
      falsePositives: 3,
      trueNegatives: 3,
      falseNegatives: 1,
      sensitivity: 3 / 4,
      specificity: 3 / 6,
      precision: 3 / 6,
      negativePredictiveValue: 3 / 4,
      f1: 6 / 10,
    });
    expect(operatingPoint(scores, truth, 0.41)).toMatchObject({ truePositives: 2 });
  });

  it("ratios of nothing are undefined, not numbers", () => {
    const none = operatingPoint([1, 2], [0, 0], 3);
    expect(none).toMatchObject({ sensitivity: undefined, specificity: 1, precision: undefined });
    expect(none.f1).toBeUndefined();
    expect(operatingPoint([1, 2], [1, 1], 0).negativePredictiveValue).toBeUndefined();
    expect(() => operatingPoint([1], [1], NaN)).toThrow(/threshold, got NaN/);
    expect(() => operatingPoint([NaN], [1], 0)).toThrow(/image 0 is NaN/);
  });

  it("law: the chosen points reach their target, and no other threshold does it better", () => {
    const targets = fc.constantFrom(0, 0.3, 0.5, 0.8, 0.95, 1);
    const property = fc.property(cases, targets, (rows, wanted) => {
      const [values, labels] = unzipped(rows);
      const bySensitivity = operatingPointAt(values, labels, { sensitivity: wanted });
      const bySpecificity = operatingPointAt(values, labels, { specificity: wanted });
      const youden = youdenPoint(values, labels);
      const all = [...values, Infinity].map((t) => operatingPoint(values, labels, t));
      const one = all[0]?.sensitivity === undefined || all[0]?.specificity === undefined;
      expect([bySensitivity, bySpecificity, youden].map((p) => p === undefined)).toEqual([one, one, one]); // prettier-ignore
      if (one) return;
      const best = (
        of: (typeof all)[number][],
        value: (p: (typeof all)[number]) => number,
      ): number => Math.max(...of.map(value));
      const reaching = all.filter((p) => (p.sensitivity ?? 0) >= wanted);
      expect(bySensitivity?.sensitivity).toBeGreaterThanOrEqual(wanted);
      expect(bySensitivity?.specificity).toBe(best(reaching, (p) => p.specificity ?? 0));
      const specific = all.filter((p) => (p.specificity ?? 0) >= wanted);
      expect(bySpecificity?.specificity).toBeGreaterThanOrEqual(wanted);
      expect(bySpecificity?.sensitivity).toBe(best(specific, (p) => p.sensitivity ?? 0));
      const index = (p: (typeof all)[number] | undefined): number =>
        (p?.sensitivity ?? 0) + (p?.specificity ?? 0) - 1;
      expect(index(youden)).toBeCloseTo(best(all, index), 12);
    });
    fc.assert(property, { numRuns: 100 });
  });

  it("example: thresholds of targets, and of Youden's index", () => {
    const [values, labels] = [[1, 2, 3, 4], [0, 1, 0, 1]]; // prettier-ignore
    expect(operatingPointAt(values, labels, { sensitivity: 0.6 })?.threshold).toBe(2);
    expect(operatingPointAt(values, labels, { sensitivity: 0.5 })?.threshold).toBe(4);
    expect(operatingPointAt(values, labels, { sensitivity: 0 })?.threshold).toBe(Infinity);
    expect(operatingPointAt(values, labels, { specificity: 0.5 })?.threshold).toBe(2);
    expect(operatingPointAt(values, labels, { specificity: 0 })?.threshold).toBe(1);
    // At 4 and at 2 the index is ½: the higher threshold is taken.
    expect(youdenPoint(values, labels)?.threshold).toBe(4);
    expect(() => operatingPointAt(values, labels, { sensitivity: 95 })).toThrow(
      /in \[0, 1\], got 95/,
    );
  });
});
