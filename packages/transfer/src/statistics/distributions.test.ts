import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalCdf, normalQuantile } from "./normal-distribution.ts";
import { quantile } from "./quantile.ts";
import { logGamma, studentTwoSided, studentTwoSidedQuantile } from "./student-distribution.ts";

/** Relative, so that small probabilities must keep their digits. */
function expectClose(found: number, expected: number, tolerance: number): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(tolerance * Math.abs(expected));
}

describe("normalCdf and normalQuantile", () => {
  it("golden: SciPy 1.10.1's norm.cdf", () => {
    const golden: [number, number][] = [
      [-10, 7.61985302416047e-24],
      [-3.5, 0.00023262907903552502],
      [-3, 0.0013498980316300933],
      [-1, 0.15865525393145707],
      [-0.001, 0.49960105778608893],
      [0.5, 0.6914624612740131],
      [2.9, 0.998134186699616],
      [5, 0.9999997133484281],
    ];
    golden.forEach(([x, p]) => expectClose(normalCdf(x), p, 1e-12));
  });

  it("golden: SciPy 1.10.1's norm.ppf", () => {
    const golden: [number, number][] = [
      [1e-300, -37.0470962993612],
      [1e-12, -7.034483825301131],
      [0.001, -3.090232306167813],
      [0.05, -1.6448536269514729],
      [0.3, -0.5244005127080409],
      [0.5, 0],
      [0.75, 0.6744897501960817],
      [0.975, 1.959963984540054],
      [0.999999, 4.753424308817087],
    ];
    golden.forEach(([p, x]) => expectClose(normalQuantile(p), x, 1e-14));
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
  });

  it("law: each turns the other round; symmetric", () => {
    const property = fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (p) => {
      expectClose(normalCdf(normalQuantile(p)), p, 1e-11);
      expect(normalCdf(-normalQuantile(p))).toBeCloseTo(1 - p, 12);
    });
    fc.assert(property, { numRuns: 100 });
    // Both sides of where the method changes.
    expectClose(normalCdf(-3), normalCdf(-3 - 1e-12), 1e-11);
  });
});

describe("studentTwoSided", () => {
  it("golden: twice SciPy 1.10.1's t.sf", () => {
    const golden: [number, number, number][] = [
      [0.001, 3, 0.9992648949694609],
      [0.5, 1, 0.7048327646991336],
      [2, 4.7, 0.10557218220343956],
      [3.5, 18, 0.002556727366771486],
      [8, 9, 2.213481680940017e-5],
      [40, 30, 1.3726045194406362e-27],
      [1.5, 12345.6, 0.13363997391961466],
      [2, 0.5, 0.44551489018313123],
      [1e-8, 5, 0.9999999924078662],
      [60, 200, 7.71157858405652e-130],
    ];
    golden.forEach(([t, degrees, p]) => expectClose(studentTwoSided(t, degrees), p, 1e-11));
  });

  it("closed forms: Cauchy's for one degree of freedom, and for two", () => {
    const property = fc.property(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (t) => {
      expectClose(studentTwoSided(t, 1), (2 / Math.PI) * Math.atan(1 / t), 1e-12);
      const root = Math.sqrt(2 + t ** 2);
      expectClose(studentTwoSided(t, 2), 2 / (root * (root + t)), 1e-12);
      expect(studentTwoSided(-t, 3)).toBe(studentTwoSided(t, 3));
    });
    fc.assert(property, { numRuns: 50 });
  });

  it("law: 1 at 0, 0 at infinity, falls with t, and tends to the normal distribution's", () => {
    expect([studentTwoSided(0, 7), studentTwoSided(-Infinity, 7)]).toEqual([1, 0]);
    const values = [0.1, 0.5, 1, 2, 4, 8].map((t) => studentTwoSided(t, 6.5));
    values.slice(1).forEach((p, i) => expect(p).toBeLessThan(values[i] ?? 0));
    expectClose(studentTwoSided(1.96, 1e7), 2 * normalCdf(-1.96), 1e-6);
  });

  it("golden: SciPy 1.10.1's gammaln", () => {
    const golden: [number, number][] = [
      [0.5, 0.5723649429247],
      [2.5, 0.2846828704729192],
      [14.9, 24.924132002217277],
      [15, 25.191221182738683],
      [100.5, 361.43554046777757],
      [5000, 37582.62631568535],
    ];
    golden.forEach(([x, y]) => expectClose(logGamma(x), y, 1e-13));
    expect(logGamma(1)).toBeCloseTo(0, 14);
  });
});

describe("quantile", () => {
  it("example: between two values in proportion, as numpy.quantile", () => {
    expect([0, 0.25, 0.5, 0.95, 1].map((q) => quantile([0, 10], q))).toEqual([0, 2.5, 5, 9.5, 10]);
    expect(quantile([3], 0.7)).toBe(3);
    expect(quantile([Infinity, Infinity], 0.5)).toBe(Infinity);
  });
});

describe("studentTwoSidedQuantile", () => {
  it("golden: SciPy 1.17.1's t.isf(p / 2, ν)", () => {
    const golden: [number, number, number][] = [
      [1, 0.05, 12.706204736174705],
      [2.5, 0.05, 3.5746548420036834],
      [9, 0.05, 2.2621571627982053],
      [9, 0.001, 4.780912585931139],
      [100, 0.05, 1.983971518523552],
      [18, 0.9, 0.12744651304670904],
    ];
    golden.forEach(([degrees, p, t]) => expectClose(studentTwoSidedQuantile(p, degrees), t, 1e-12));
  });

  it("law: turns studentTwoSided round", () => {
    const degrees = fc.double({ min: 1, max: 200, noNaN: true });
    const property = fc.property(degrees, fc.double({ min: 1e-6, max: 1, noNaN: true }), (v, p) =>
      expectClose(studentTwoSided(studentTwoSidedQuantile(p, v), v), p, 1e-9),
    );
    fc.assert(property, { numRuns: 100 });
  });
});
