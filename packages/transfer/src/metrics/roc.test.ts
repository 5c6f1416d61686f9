import { createRandom } from "@dira/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auroc, pairedBootstrap, presortedAuroc, rocCurve, sensitivityAt } from "../index.ts";

/** Scores with ties, and truth with gaps. */
const images = fc.array(
  fc.record({ score: fc.integer({ min: 0, max: 6 }), truth: fc.constantFrom(0, 1, NaN) }),
  { minLength: 1, maxLength: 20 },
);
const columns = (
  rows: readonly { score: number; truth: number }[],
): readonly [number[], number[]] => [rows.map((r) => r.score), rows.map((r) => r.truth)];

describe("presortedAuroc", () => {
  it("law: the very number that auroc gives of the same images", () => {
    const property = fc.property(images, fc.array(fc.nat(), { maxLength: 30 }), (rows, drawn) => {
      const [scores, truth] = columns(rows);
      const some = drawn.map((n) => n % rows.length);
      const expected = auroc(
        some.map((i) => scores[i] ?? NaN),
        some.map((i) => truth[i] ?? NaN),
      );
      expect(presortedAuroc(scores, truth)(some)).toBe(expected);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("example: what the bootstrap finds is the same by both", () => {
    const random = createRandom("presorted");
    const truth = Array.from({ length: 40 }, () => Number(random.uniform(0, 1) < 0.4));
    const [a, b] = [0.8, 0.3].map((lift) => truth.map((t) => t * lift + random.normal()));
    const by = (metric: typeof presortedAuroc): object =>
      pairedBootstrap(40, metric(a ?? [], truth), metric(b ?? [], truth), {
        random,
        resamples: 50,
      });
    const sorted: typeof presortedAuroc = (scores, t) => (some) =>
      auroc(
        some.map((i) => scores[i] ?? NaN),
        some.map((i) => t[i] ?? NaN),
      );
    expect(by(presortedAuroc)).toEqual(by(sorted));
  });
});

describe("rocCurve and sensitivityAt", () => {
  it("golden: scikit-learn's roc_curve of its documentation", () => {
    const curve = rocCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]);
    expect(curve).toEqual([
      { threshold: Infinity, falsePositiveRate: 0, truePositiveRate: 0 },
      { threshold: 0.8, falsePositiveRate: 0, truePositiveRate: 0.5 },
      { threshold: 0.4, falsePositiveRate: 0.5, truePositiveRate: 0.5 },
      { threshold: 0.35, falsePositiveRate: 0.5, truePositiveRate: 1 },
      { threshold: 0.1, falsePositiveRate: 1, truePositiveRate: 1 },
    ]);
    const at = (rate: number): number => sensitivityAt(curve ?? [], rate);
    expect([0, 0.25, 0.5, 0.75, 1].map(at)).toEqual([0.5, 0.5, 1, 1, 1]);
    expect(rocCurve([0.1, 0.2], [1, 1])).toBeUndefined();
  });

  it("laws: from (0, 0) to (1, 1), never down; the area under it is auroc; a tie is a straight line", () => {
    const property = fc.property(images, (rows) => {
      const [scores, truth] = columns(rows);
      const curve = rocCurve(scores, truth);
      expect(curve === undefined).toBe(auroc(scores, truth) === undefined);
      if (curve === undefined) return;
      let area = 0;
      curve.slice(1).forEach((point, i) => {
        const before = curve[i] ?? point;
        const width = point.falsePositiveRate - before.falsePositiveRate;
        expect(width).toBeGreaterThanOrEqual(0);
        expect(point.truePositiveRate).toBeGreaterThanOrEqual(before.truePositiveRate);
        area += (width * (point.truePositiveRate + before.truePositiveRate)) / 2;
      });
      expect(area).toBeCloseTo(auroc(scores, truth) ?? NaN, 12);
      expect(curve.at(-1)).toMatchObject({ falsePositiveRate: 1, truePositiveRate: 1 });
      expect(sensitivityAt(curve, 1)).toBe(1);
    });
    fc.assert(property, { numRuns: 200 });
    expect(sensitivityAt(rocCurve([1, 1], [0, 1]) ?? [], 0.3)).toBeCloseTo(0.3, 15);
  });
});
