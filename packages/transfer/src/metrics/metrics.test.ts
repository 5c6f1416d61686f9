import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accuracy, auroc, multiLabelAuroc } from "../index.ts";

/** Counts pairs, as the definition says. */
function byPairs(scores: readonly number[], truth: readonly number[]): number | undefined {
  let [won, pairs] = [0, 0];
  scores.forEach((positive, i) => {
    scores.forEach((negative, j) => {
      if (truth[i] !== 1 || truth[j] !== 0) return;
      pairs += 1;
      won += positive > negative ? 1 : positive === negative ? 0.5 : 0;
    });
  });
  return pairs === 0 ? undefined : won / pairs;
}

/** Scores with many ties, and the truth of each, some unknown. */
const cases = fc.array(
  fc.tuple(fc.integer({ min: -4, max: 4 }), fc.constantFrom(0, 0, 1, 1, NaN)),
  { minLength: 1, maxLength: 30 },
);
const unzipped = (rows: readonly (readonly [number, number])[]): [number[], number[]] => [
  rows.map(([score]) => score),
  rows.map(([, label]) => label),
];

describe("auroc", () => {
  it("example: by hand, with a tie between the classes", () => {
    // Pairs: (0.8, 0.1) and (0.8, 0.4) won, (0.4, 0.1) won, (0.4, 0.4) half.
    expect(auroc([0.1, 0.4, 0.4, 0.8], [0, 0, 1, 1])).toBe(3.5 / 4);
    expect(auroc([1, 2], [0, 1])).toBe(1);
    expect(auroc([2, 1], [0, 1])).toBe(0);
    expect(auroc([-Infinity, Infinity, 0], [0, 1, 0])).toBe(1);
  });

  it("parity: the share of pairs that are in order, counted one by one", () => {
    const property = fc.property(cases, (rows) => {
      const [scores, truth] = unzipped(rows);
      const expected = byPairs(scores, truth);
      const found = auroc(scores, truth);
      if (expected === undefined) expect(found).toBeUndefined();
      else expect(found).toBeCloseTo(expected, 12);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it("law: strictly increasing maps change nothing, negation turns it over, order does not matter", () => {
    const property = fc.property(cases, (rows) => {
      const [scores, truth] = unzipped(rows);
      const found = auroc(scores, truth);
      const mapped = scores.map((s) => Math.exp(s) + s ** 3);
      expect(auroc(mapped, truth)).toBe(found);
      const negated = auroc(
        scores.map((s) => -s),
        truth,
      );
      if (found === undefined) expect(negated).toBeUndefined();
      else expect(negated).toBeCloseTo(1 - found, 12);
      expect(auroc([...scores].reverse(), [...truth].reverse())).toBe(found);
    });
    fc.assert(property, { numRuns: 50 });
  });

  it("law: of equal scores it is one half; of one class there is none", () => {
    const truths = fc.array(fc.constantFrom(0, 1), { maxLength: 9 });
    const property = fc.property(truths, fc.double({ noNaN: true }), (some, score) => {
      const truth = [0, ...some, 1];
      expect(
        auroc(
          truth.map(() => score),
          truth,
        ),
      ).toBe(0.5);
    });
    fc.assert(property, { numRuns: 30 });
    expect(auroc([1, 2, 3], [1, 1, NaN])).toBeUndefined();
    expect(auroc([], [])).toBeUndefined();
  });

  it("refuses NaN scores, other truths, other lengths", () => {
    expect(() => auroc([1, NaN], [0, 1])).toThrow(/image 1 is NaN/);
    expect(() => auroc([1, 2], [0, 2])).toThrow(/image 1 has 2/);
    expect(() => auroc([1], [0, 1])).toThrow(/each of 2 images, got 1/);
  });
});

describe("multiLabelAuroc", () => {
  it("example: a label of one class has none and is left out of the mean", () => {
    const scores = [
      [0.1, 5, 0.3],
      [0.9, 5, 0.2],
      [0.5, 5, 0.1],
    ];
    const truth = [
      [0, 1, 0],
      [1, 1, 0],
      [NaN, 1, 1],
    ];
    const found = multiLabelAuroc(scores, truth);
    expect(found).toEqual({ perLabel: [1, undefined, 0], mean: 0.5 });
    const none = multiLabelAuroc([[1], [2]], [[1], [1]]);
    expect(none).toEqual({ perLabel: [undefined], mean: undefined });
  });

  it("refuses other lengths, and scores that lack a label", () => {
    expect(() => multiLabelAuroc([[1]], [[1], [0]])).toThrow(/got 1 and 2/);
    expect(() => multiLabelAuroc([[1], [2]], [[1, 0], [0, 1]])).toThrow(/is NaN/); // prettier-ignore
  });
});

describe("accuracy", () => {
  it("example: of ties the lowest class counts; a class beyond the scores is missed", () => {
    const scores = [
      [0.2, 0.8],
      [0.5, 0.5],
      [0.9, 0.1],
      [0.4, 0.6],
    ];
    expect(accuracy(scores, [1, 0, 1, 2])).toBe(0.5);
    expect(accuracy(scores, [1, 1, 0, 1])).toBe(0.75);
  });

  it("law: strictly increasing maps of each image's scores change nothing", () => {
    const table = fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9), fc.nat(2)), { minLength: 1 });
    const property = fc.property(table, (rows) => {
      const scores = rows.map(([a, b, c]) => [a, b, c]);
      const classes = rows.map(([, , , label]) => label);
      const mapped = scores.map((row, n) => row.map((s) => Math.exp(s / (n + 1)) - n));
      expect(accuracy(mapped, classes)).toBe(accuracy(scores, classes));
    });
    fc.assert(property, { numRuns: 30 });
  });

  it("refuses no images, other lengths, NaN", () => {
    expect(() => accuracy([], [])).toThrow(/at least one/);
    expect(() => accuracy([[1]], [0, 0])).toThrow(/got 1 and 2/);
    expect(() => accuracy([[NaN, 1]], [0])).toThrow(/class 0 of image 0 is NaN/);
  });
});
