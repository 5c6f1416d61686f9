import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DetectionScan, froc } from "../index.ts";

const at = (x: number, score: number): { center: number[]; score: number } => ({
  center: [x, 0, 0],
  score,
});
const finding = (x: number, diameter = 4): { center: number[]; diameter: number } => ({
  center: [x, 0, 0],
  diameter,
});

/** A scan on a line of 60 mm, with findings and candidates that often lie near each other. */
const scans = fc.array(
  fc.record({
    findings: fc.array(
      fc.record({
        center: fc.tuple(fc.integer({ min: 0, max: 60 })).map((p): number[] => p),
        diameter: fc.constantFrom(-1, 3, 6, 20),
        irrelevant: fc.boolean(),
      }),
      { maxLength: 3 },
    ),
    candidates: fc.array(
      fc.record({
        center: fc.tuple(fc.integer({ min: 0, max: 60 })).map((p): number[] => p),
        score: fc.integer({ min: 0, max: 6 }),
      }),
      { maxLength: 6 },
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

describe("froc", () => {
  it("example: two scans by hand", () => {
    const found = froc([
      { findings: [finding(0)], candidates: [at(0, 0.9), at(30, 0.8), at(40, 0.1)] },
      { findings: [finding(10)], candidates: [at(11, 0.5)] },
    ]);
    const curve = found.curve.map((p) => [p.falsePositivesPerScan, p.sensitivity]);
    expect(curve).toEqual([[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]); // prettier-ignore
    expect(found.sensitivities).toEqual([0.5, 0.5, 1, 1, 1, 1, 1]);
    expect(found.score).toBeCloseTo(6 / 7, 14);
    expect(found.findings).toBe(2);
  });

  it("LUNA16's rules: several hits of a finding count once, at the highest score, and are not wrong", () => {
    const candidates = [at(0, 0.3), at(1, 0.7), at(-1, 0.5)];
    const { curve } = froc([{ findings: [finding(0)], candidates }]);
    expect(curve.slice(1)).toEqual([{ threshold: 0.7, falsePositivesPerScan: 0, sensitivity: 1 }]);
  });

  it("LUNA16's rules: a hit is nearer than the radius; 10 mm is taken for an unknown diameter", () => {
    const hit = (x: number, diameter: number): number | undefined =>
      froc([{ findings: [finding(0, diameter)], candidates: [at(x, 1)] }]).score;
    expect([hit(1.99, 4), hit(2, 4)]).toEqual([1, 0]);
    expect([hit(4.99, -1), hit(5, -1)]).toEqual([1, 0]);
  });

  it("LUNA16's rules: one candidate may hit two findings; irrelevant ones neither count nor harm", () => {
    const both = froc([{ findings: [finding(0), finding(1)], candidates: [at(0.5, 1)] }]);
    expect([both.score, both.findings]).toEqual([1, 2]);
    const findings = [finding(0), { ...finding(20), irrelevant: true }];
    const found = froc([{ findings, candidates: [at(20, 0.9), at(0, 0.4)] }], { rates: [0] });
    expect([found.score, found.findings]).toEqual([1, 1]);
  });

  it("LUNA16's rules: of too many candidates, those count that score above the first one too many", () => {
    const candidates = [at(0, 1), at(30, 2), at(31, 3), at(32, 2)];
    const kept = (maxCandidates: number): number =>
      froc([{ findings: [finding(0)], candidates }], { maxCandidates }).curve.length - 1;
    // All different scores: 3, 2 and 1; then 3 and 2; with two of them, the second 2 is one too many.
    expect([kept(4), kept(3), kept(2), kept(1)]).toEqual([3, 2, 1, 1]);
  });

  it("sensitivity is interpolated between points, and stays past the end", () => {
    // One point at two false positives and sensitivity 1, as all scores are equal.
    const found = froc([{ findings: [finding(0)], candidates: [at(0, 1), at(30, 1), at(40, 1)] }], {
      rates: [0, 0.5, 2, 8],
    });
    expect(found.sensitivities).toEqual([0, 0.25, 1, 1]);
  });

  it("without findings there is no sensitivity; without hits it is 0", () => {
    const none = froc([{ findings: [], candidates: [at(0, 1)] }]);
    expect([none.score, none.sensitivities[0], none.findings]).toEqual([undefined, undefined, 0]);
    expect(froc([{ findings: [finding(0)], candidates: [] }]).score).toBe(0);
  });

  it("parity: counted anew at each threshold, by the rules in words", () => {
    const hits = (f: DetectionScan["findings"][number], c: DetectionScan["candidates"][number]): boolean =>
      Math.abs((f.center[0] ?? 0) - (c.center[0] ?? 0)) < (f.diameter < 0 ? 5 : f.diameter / 2); // prettier-ignore
    const property = fc.property(scans, (all) => {
      const found = froc(all);
      const relevant = all.flatMap((s) => s.findings.filter((f) => !f.irrelevant).map((f) => ({ s, f }))); // prettier-ignore
      expect(found.findings).toBe(relevant.length);
      for (const { threshold, falsePositivesPerScan, sensitivity } of found.curve) {
        const detected = relevant.filter(({ s, f }) =>
          s.candidates.some((c) => c.score >= threshold && hits(f, c)),
        );
        const wrong = all.flatMap((s) =>
          s.candidates.filter((c) => c.score >= threshold && !s.findings.some((f) => hits(f, c))),
        );
        expect(sensitivity).toBe(detected.length / relevant.length);
        expect(falsePositivesPerScan).toBe(wrong.length / all.length);
      }
    });
    fc.assert(property, { numRuns: 80 });
  });

  it("law: sensitivity rises with the rate; monotone maps of scores change nothing", () => {
    const property = fc.property(scans, (all) => {
      const { sensitivities, score } = froc(all);
      sensitivities.slice(1).forEach((value, i) => {
        if (value !== undefined) expect(value).toBeGreaterThanOrEqual(sensitivities[i] ?? NaN);
      });
      const mapped = all.map((s) => ({
        ...s,
        candidates: s.candidates.map((c) => ({ ...c, score: Math.exp(c.score) })),
      }));
      expect(froc(mapped).score).toBe(score);
    });
    fc.assert(property, { numRuns: 40 });
  });

  it("refuses NaN, ranks that differ, rates and numbers that make no sense", () => {
    const scan = { findings: [finding(0)], candidates: [at(0, 1), at(0, NaN)] };
    expect(() => froc([scan])).toThrow(/candidate 1 of scan 0 has a NaN/);
    const flat = { findings: [{ center: [0, 0], diameter: 1 }], candidates: [at(0, 1)] };
    expect(() => froc([flat])).toThrow(/scan 0 has a finding at \[0, 0\]/);
    expect(() => froc([])).toThrow(/at least one scan/);
    expect(() => froc([flat], { rates: [-1] })).toThrow(/got \[-1\]/);
    expect(() => froc([flat], { maxCandidates: 0 })).toThrow(/per scan, got 0/);
  });
});
