import { createRandom } from "@dira/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  benjaminiHochberg,
  bonferroni,
  hedgesG,
  holm,
  meanAndStd,
  studentTTest,
  welchTTest,
} from "../index.ts";

/** AUROC of six and five runs. */
const a = [81.12, 81.3, 80.95, 81.02, 81.25, 81.1];
const b = [80.35, 80.5, 80.8, 80.11, 80.42];
const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 8 });
const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: 1,
  maxLength: 9,
});

describe("welchTTest and studentTTest", () => {
  it("golden: SciPy 1.10.1's ttest_ind", () => {
    const welch = welchTTest(a, b);
    expect(welch.statistic).toBeCloseTo(5.524874992795428, 10);
    expect(welch.degreesOfFreedom).toBeCloseTo(5.8471717039490505, 10);
    expect(welch.pValue).toBeCloseTo(0.0016110655809283125, 12);
    const student = studentTTest(a, b);
    expect(student.statistic).toBeCloseTo(5.848155832759506, 10);
    expect(student.degreesOfFreedom).toBe(9);
    expect(student.pValue).toBeCloseTo(0.00024431974595299604, 12);
    expect(student.difference).toBeCloseTo(81.12333333333333 - 80.436, 10);
    // SciPy 1.17.1's confidence_interval().
    expect(welch.low).toBeCloseTo(0.3809811628773985, 10);
    expect(welch.high).toBeCloseTo(0.9936855037892571, 10);
    expect(student.low).toBeCloseTo(0.42146216510621837, 10);
    expect(student.high).toBeCloseTo(0.9532045015604372, 10);
  });

  it("laws: turned round by exchange; moved and scaled samples give the same; equal sizes the same t", () => {
    const property = fc.property(values, values, fc.constantFrom(0.01, 3), (x, y, scale) => {
      for (const test of [welchTTest, studentTTest]) {
        const found = test(x, y);
        const turned = test(y, x);
        if (found.pValue === undefined) {
          expect([new Set(x).size, new Set(y).size]).toEqual([1, 1]);
          continue;
        }
        expect(turned.statistic).toBeCloseTo(-(found.statistic ?? NaN), 8);
        expect(turned.pValue).toBeCloseTo(found.pValue, 8);
        const moved = test(x.map((v) => v * scale + 7), y.map((v) => v * scale + 7)); // prettier-ignore
        expect(moved.pValue).toBeCloseTo(found.pValue, 8);
        expect(turned.low).toBeCloseTo(-(found.high ?? NaN), 8);
        // The interval leaves out 0 just when the test rejects.
        const without = (found.low ?? NaN) > 0 || (found.high ?? NaN) < 0;
        if (Math.abs(found.pValue - 0.05) > 1e-9) expect(without).toBe(found.pValue < 0.05);
        expect(found.pValue).toBeGreaterThanOrEqual(0);
        expect(found.pValue).toBeLessThanOrEqual(1);
      }
      const half = Math.min(x.length, y.length);
      const [first, second] = [x.slice(0, half), y.slice(0, half)];
      const [welch, student] = [welchTTest(first, second), studentTTest(first, second)];
      if (welch.statistic !== undefined) {
        expect(welch.statistic).toBeCloseTo(student.statistic ?? NaN, 8);
      }
      expect(welch.degreesOfFreedom ?? 0).toBeLessThanOrEqual((student.degreesOfFreedom ?? 0) + 1e-9); // prettier-ignore
    });
    fc.assert(property, { numRuns: 40 });
  });

  it("law: p-values of equal populations are uniform (Kolmogorov's bound at 1e-4)", () => {
    const seed = Number(process.env["SEED"] ?? 1);
    const random = createRandom("t-test", seed);
    const draw = (n: number): number[] => Array.from({ length: n }, () => random.normal());
    const runs = 1000;
    const found = Array.from({ length: runs }, () => studentTTest(draw(4), draw(5)).pValue ?? NaN);
    const sorted = found.sort((x, y) => x - y);
    const gap = Math.max(...sorted.map((p, i) => Math.max((i + 1) / runs - p, p - i / runs)));
    // P(gap > λ/√n) ≤ 2 exp(−2 λ²)
    expect(gap, `seed ${seed}`).toBeLessThan(Math.sqrt(Math.log(2 / 1e-4) / 2 / runs));
  });

  it("samples that don't vary have no test; one that does is enough", () => {
    for (const test of [welchTTest, studentTTest]) {
      expect(test([0.1, 0.1, 0.1], [0.3, 0.3])).toMatchObject({ statistic: undefined, pValue: undefined, low: undefined }); // prettier-ignore
      expect(test([1, 1], [1, 2]).pValue).toBeDefined();
      expect(() => test([1], [1, 2])).toThrow(/two or more finite values of a, got 1/);
      expect(() => test([1, 2], [1, NaN])).toThrow(/of b, got NaN at 1/);
    }
  });
});

describe("hedgesG", () => {
  it("golden: by SciPy 1.10.1's gammaln", () => {
    expect(hedgesG(a, b)).toBeCloseTo(3.2362450355700716, 10);
  });

  it("law: t in other units, shrunk by nearly 1 − 3/(4ν − 1)", () => {
    const property = fc.property(values, values, (x, y) => {
      const [g, t] = [hedgesG(x, y), studentTTest(x, y).statistic];
      expect(g === undefined).toBe(t === undefined);
      if (g === undefined || t === undefined) return;
      const degrees = x.length + y.length - 2;
      const d = t * Math.sqrt(1 / x.length + 1 / y.length);
      const about = d * (1 - 3 / (4 * degrees - 1));
      expect(Math.abs(g - about)).toBeLessThanOrEqual(0.013 * Math.abs(about) + 1e-12);
    });
    fc.assert(property, { numRuns: 40 });
    // ν = 2: J = Γ(1)/(1 · Γ(½)) = 1/√π.
    expect(hedgesG([2, 4], [0, 2])).toBeCloseTo(Math.SQRT2 / Math.sqrt(Math.PI), 12);
  });
});

describe("meanAndStd", () => {
  it("example: ddof 1; undefined values are named", () => {
    expect(meanAndStd([1, undefined, 3])).toEqual({ mean: 2, std: Math.SQRT2, count: 2, undefinedAt: [1] }); // prettier-ignore
    expect(meanAndStd([4])).toMatchObject({ mean: 4, std: undefined });
    expect(meanAndStd([undefined])).toMatchObject({ mean: undefined, std: undefined, count: 0 });
    expect(() => meanAndStd([1, NaN])).toThrow(/value 1 is NaN/);
  });
});

describe("bonferroni, holm and benjaminiHochberg", () => {
  it("example: by hand, in the order of the tests", () => {
    const p = [0.04, 0.01, 0.03, 0.5];
    const close = (found: number[], expected: number[]): void =>
      expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 14));
    close(bonferroni(p), [0.16, 0.04, 0.12, 1]);
    // Sorted 0.01·4, 0.03·3, 0.04·2 (raised to 0.09), 0.5.
    close(holm(p), [0.09, 0.04, 0.09, 0.5]);
    // 0.01·4/1, 0.03·4/2 (lowered to 0.04·4/3), 0.04·4/3, 0.5.
    close(benjaminiHochberg(p), [0.16 / 3, 0.04, 0.16 / 3, 0.5]);
    expect([bonferroni([]), holm([]), benjaminiHochberg([])]).toEqual([[], [], []]);
  });

  it("laws: raw ≤ Benjamini–Hochberg ≤ Holm ≤ Bonferroni ≤ 1; order is kept; tests may be permuted", () => {
    const property = fc.property(pValues, (p) => {
      const all = [p, benjaminiHochberg(p), holm(p), bonferroni(p), p.map(() => 1)];
      all.slice(1).forEach((larger, k) => {
        const least = larger.map((value, i) => value * (1 + 1e-12) - (all[k]?.[i] ?? NaN));
        expect(Math.min(...least)).toBeGreaterThanOrEqual(0);
      });
      for (const adjust of [benjaminiHochberg, holm, bonferroni]) {
        const found = adjust(p);
        const order = p.map((_, i) => i).sort((i, j) => (p[i] ?? 0) - (p[j] ?? 0));
        const inOrder = order.map((i) => found[i] ?? NaN);
        expect(inOrder).toEqual([...inOrder].sort((x, y) => x - y));
        expect(adjust([...p].reverse())).toEqual(found.reverse());
      }
    });
    fc.assert(property, { numRuns: 60 });
  });

  it("law: rejecting what is at most α is Holm's and Benjamini and Hochberg's stepwise procedure", () => {
    const property = fc.property(pValues, fc.constantFrom(0.05, 0.3), (p, alpha) => {
      const sorted = [...p].sort((x, y) => x - y);
      const m = p.length;
      const firstKept = sorted.findIndex((value, i) => value * (m - i) > alpha);
      const rejected = holm(p).filter((value) => value <= alpha).length;
      expect(rejected).toBe(firstKept < 0 ? m : firstKept);
      const last = sorted.findLastIndex((value, i) => (value * m) / (i + 1) <= alpha);
      expect(benjaminiHochberg(p).filter((value) => value <= alpha).length).toBe(last + 1);
    });
    fc.assert(property, { numRuns: 60 });
  });

  it("refuses what is no p-value", () => {
    for (const adjust of [benjaminiHochberg, holm, bonferroni]) {
      expect(() => adjust([0.1, NaN])).toThrow(/got NaN of test 1/);
      expect(() => adjust([1.1])).toThrow(/got 1.1 of test 0/);
    }
  });
});
