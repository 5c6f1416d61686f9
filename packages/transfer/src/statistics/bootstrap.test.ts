import { createRandom } from "@dira/random";
import { describe, expect, it } from "vitest";
import { auroc, bootstrapInterval, type ImageMetric, pairedBootstrap } from "../index.ts";
import { normalCdf, normalQuantile } from "./normal-distribution.ts";
import { quantile } from "./quantile.ts";
import { resample } from "./resampling.ts";

const seed = Number(process.env["SEED"] ?? 1);
const random = createRandom("bootstrap", seed);
const meanOf =
  (values: readonly number[]): ImageMetric =>
  (images) =>
    images.reduce((sum, i) => sum + (values[i] ?? NaN), 0) / images.length;
const stdOf =
  (values: readonly number[]): ImageMetric =>
  (images) => {
    const mean = meanOf(values)(images) ?? NaN;
    const squares = images.reduce((sum, i) => sum + ((values[i] ?? NaN) - mean) ** 2, 0);
    return Math.sqrt(squares / (images.length - 1));
  };
/** Four standard errors of a share of n: passed by all but one seed in 15,000. */
const slack = (share: number, n: number): number => 4 * Math.sqrt((share * (1 - share)) / n);

describe(`bootstrapInterval, seed ${seed}`, () => {
  const values = [1.2, 3.4, 0.7, 2.2, 9.1, 4.4, 2.8, 3.3];

  it("golden: SciPy 1.10.1's bootstrap (of 20,000 resamples), up to what chance differs", () => {
    const find = (metric: ImageMetric, method: "percentile" | "bca"): number[] => {
      const options = { random, resamples: 8000, method };
      const { low = NaN, high = NaN } = bootstrapInterval(values.length, metric, options);
      return [low, high];
    };
    const near = (found: number[], expected: number[]): void =>
      expected.forEach((end, i) => expect(Math.abs((found[i] ?? NaN) - end)).toBeLessThan(0.25));
    near(find(meanOf(values), "percentile"), [1.9375, 5.2875]);
    near(find(meanOf(values), "bca"), [2.2, 5.95]);
    near(find(stdOf(values), "bca"), [1.0455, 4.0581]);
  });

  it("parity: Efron's formula, step by step, on the same resamples of a biased metric", () => {
    const clusters = values.map((_, i) => [i]);
    // Draws lack some of the values, so the second part is biased downwards.
    const of = (images: readonly number[]): number =>
      (meanOf(values)(images) ?? NaN) +
      [...new Set(images)].reduce((sum, i) => sum + (values[i] ?? NaN), 0) / 27;
    const found = bootstrapInterval(8, of, { random, resamples: 400, level: 0.9 });
    const drawn = Array.from({ length: 400 }, (_, k) => of(resample(clusters, random, k)));
    const all = of([0, 1, 2, 3, 4, 5, 6, 7]);
    const below = drawn.reduce((n, v) => n + (v < all ? 1 : v === all ? 0.5 : 0), 0);
    const z0 = normalQuantile(below / 400);
    const left = values.map((_, i) => of([0, 1, 2, 3, 4, 5, 6, 7].filter((j) => j !== i)));
    const mean = left.reduce((a, b) => a + b) / 8;
    const power = (n: number): number => left.reduce((sum, v) => sum + (mean - v) ** n, 0);
    const a = power(3) / (6 * power(2) ** 1.5);
    const sorted = drawn.sort((x, y) => x - y);
    const end = (alpha: number): number => {
      const z = normalQuantile(alpha);
      return quantile(sorted, normalCdf(z0 + (z0 + z) / (1 - a * (z0 + z))));
    };
    expect(z0).toBeGreaterThan(0.1);
    expect(found.low).toBeCloseTo(end(0.05), 10);
    expect(found.high).toBeCloseTo(end(0.95), 10);
  });

  it("example: the value, and how it was found", () => {
    const found = bootstrapInterval(8, meanOf(values), { random, resamples: 100, level: 0.8 });
    expect(found).toMatchObject({ level: 0.8, method: "bca", patients: 8, resamples: 100, undefinedResamples: 0 }); // prettier-ignore
    expect(found.value).toBeCloseTo(3.3875, 12);
    expect(found.low).toBeLessThan(3.3875);
    expect(found.high).toBeGreaterThan(3.3875);
  });

  it("law: the same key gives the same interval; a higher level a wider one", () => {
    const find = (level: number, method: "percentile" | "bca"): { low?: number | undefined; high?: number | undefined } =>
      bootstrapInterval(8, meanOf(values), { random: createRandom(3), resamples: 500, level, method }); // prettier-ignore
    for (const method of ["percentile", "bca"] as const) {
      expect(find(0.9, method)).toEqual(find(0.9, method));
      expect(find(0.99, method).low).toBeLessThan(find(0.8, method).low ?? NaN);
      expect(find(0.99, method).high).toBeGreaterThan(find(0.8, method).high ?? NaN);
    }
  });

  it("law: patients are drawn with all of their images, as many as there are", () => {
    const clusters = [[0, 3], [1], [2, 4, 5]];
    for (let k = 0; k < 50; k += 1) {
      const drawn = resample(clusters, random, k);
      const counts = [0, 1, 2, 3, 4, 5].map((i) => drawn.filter((j) => j === i).length);
      expect([counts[3], counts[4], counts[5]]).toEqual([counts[0], counts[2], counts[2]]);
      expect((counts[0] ?? 0) + (counts[1] ?? 0) + (counts[2] ?? 0)).toBe(3);
      expect(resample(clusters, random, k)).toEqual(drawn);
    }
  });

  /** How often the interval holds the true mean, of images that are alike within each patient. */
  function coverage(method: "percentile" | "bca", byPatient: boolean, runs: number): number {
    let covered = 0;
    for (let run = 0; run < runs; run += 1) {
      const draw = random.derive("coverage", method, run);
      const patients = Array.from({ length: 120 }, (_, i) => Math.floor(i / 4));
      const levels = Array.from({ length: 30 }, () => draw.normal());
      const { low = NaN, high = NaN } = bootstrapInterval(
        120,
        meanOf(patients.map((p) => levels[p] ?? NaN)),
        { random: draw, resamples: 150, level: 0.9, method, ...(byPatient ? { patients } : {}) },
      );
      if (low <= 0 && high >= 0) covered += 1;
    }
    return covered / runs;
  }

  it.each(["percentile", "bca"] as const)("law: %s intervals by patient cover at their level", (method) => {
    const runs = 150;
    const found = coverage(method, true, runs);
    // With 30 patients either method covers about 0.87, as bootstrap intervals of small samples fall short.
    expect(found).toBeGreaterThan(0.87 - slack(0.87, runs));
    expect(found).toBeLessThan(0.9 + slack(0.9, runs));
  }); // prettier-ignore

  it("law: images drawn one by one, where they are alike within patients, cover far less", () => {
    // Half as wide: 2 Φ(1.645 / 2) − 1 = 0.59, and a little short of it.
    const found = coverage("percentile", false, 60);
    expect(Math.abs(found - 0.56)).toBeLessThan(slack(0.56, 60));
  });

  it("resamples without a value are counted and left out", () => {
    const scores = [0.1, 0.3, 0.2, 0.6, 0.5];
    const truth = [0, 0, 0, 0, 1];
    const metric: ImageMetric = (images) =>
      auroc(images.map((i) => scores[i] ?? NaN), images.map((i) => truth[i] ?? NaN)); // prettier-ignore
    const options = { random, resamples: 1000, method: "percentile" as const };
    const found = bootstrapInterval(5, metric, options);
    const none = 0.8 ** 5 + 0.2 ** 5;
    expect(Math.abs(found.undefinedResamples / 1000 - none)).toBeLessThan(slack(none, 1000));
    expect(found.value).toBe(0.75);
    expect(found.high).toBe(1);
    // Without its only positive, the jackknife has no value, so BCa has no interval.
    const bca = bootstrapInterval(5, metric, { random, resamples: 100 });
    expect([bca.low, bca.high, bca.value]).toEqual([undefined, undefined, 0.75]);
    const never = bootstrapInterval(5, () => undefined, { random, resamples: 10 });
    expect(never).toMatchObject({ value: undefined, low: undefined, undefinedResamples: 10 });
  });

  it("a metric that never changes has an interval without width", () => {
    const found = bootstrapInterval(4, () => 0.5, { random, resamples: 50 });
    expect([found.low, found.value, found.high]).toEqual([0.5, 0.5, 0.5]);
  });

  it("a single patient has a value, and nothing to tell how sure it is", () => {
    for (const method of ["percentile", "bca"] as const) {
      const options = { random, method, patients: ["a", "a", "a"] };
      const found = bootstrapInterval(3, meanOf([1, 2, 3]), options);
      expect(found).toMatchObject({ value: 2, low: undefined, high: undefined, patients: 1 });
    }
    const [better, worse] = [meanOf([1, 2, 3]), meanOf([0, 1, 1])];
    const paired = pairedBootstrap(3, better, worse, { random, patients: ["a", "a", "a"] });
    expect(paired).toMatchObject({ low: undefined, high: undefined, pValue: undefined });
    expect(paired.difference).toBeCloseTo(4 / 3, 12);
  });

  it("refuses NaN, other numbers of patients, options that make no sense", () => {
    expect(() => bootstrapInterval(2, () => NaN, { random })).toThrow(/metric gave NaN/);
    expect(() => bootstrapInterval(2, () => 1, { random, patients: ["a"] })).toThrow(/each of 2 images, got 1/); // prettier-ignore
    expect(() => bootstrapInterval(0, () => 1, { random })).toThrow(/one image or more, got 0/);
    expect(() => bootstrapInterval(2, () => 1, { random, level: 95 })).toThrow(/got 2000 and 95/);
    expect(() => pairedBootstrap(2, () => NaN, () => 1, { random })).toThrow(/metric gave NaN/); // prettier-ignore
  });
});

describe(`pairedBootstrap, seed ${seed}`, () => {
  const noise = (draw: typeof random, n: number): number[] =>
    Array.from({ length: n }, () => draw.normal());

  it("example: a constant lead is as sure as can be; equal models differ by nothing", () => {
    const values = noise(random, 20);
    const options = { random, resamples: 199 };
    const lead = pairedBootstrap(20, meanOf(values.map((v) => v + 0.1)), meanOf(values), options);
    expect(lead.pValue).toBe(2 / 200);
    [lead.difference, lead.low, lead.high].forEach((d) => expect(d).toBeCloseTo(0.1, 12));
    const same = pairedBootstrap(20, meanOf(values), meanOf(values), options);
    expect(same).toMatchObject({ difference: 0, low: 0, high: 0, pValue: 1 });
  });

  it("law: turned round by exchange; what both find hard cancels", () => {
    const [hard, own] = [noise(random, 40).map((v) => v * 100), noise(random, 40)];
    const first = meanOf(hard.map((v, i) => v + (own[i] ?? NaN)));
    const options = { random, resamples: 199 };
    const found = pairedBootstrap(40, first, meanOf(hard), options);
    const turned = pairedBootstrap(40, meanOf(hard), first, options);
    expect(turned.pValue).toBe(found.pValue);
    expect(turned.low).toBeCloseTo(-(found.high ?? NaN), 10);
    expect((found.high ?? NaN) - (found.low ?? NaN)).toBeLessThan(2);
  });

  it("law: equal models are told apart about as often as the level says", () => {
    const runs = 250;
    let rejected = 0;
    for (let run = 0; run < runs; run += 1) {
      const draw = random.derive("null", run);
      const [x, y] = [noise(draw, 40), noise(draw, 40)];
      const options = { random: draw, resamples: 199 };
      const { pValue = 1 } = pairedBootstrap(40, meanOf(x), meanOf(y), options);
      if (pValue <= 0.05) rejected += 1;
    }
    // About 0.06 for 40 patients; a one-sided p-value would give 0.11, and an unpaired draw far less.
    expect(Math.abs(rejected / runs - 0.06)).toBeLessThan(slack(0.06, runs));
  });

  it("counts the resamples in which either has no value", () => {
    const some: ImageMetric = (images) => (images.includes(0) ? 1 : undefined);
    const found = pairedBootstrap(4, some, () => 0, { random, resamples: 400 });
    expect(Math.abs(found.undefinedResamples / 400 - 0.75 ** 4)).toBeLessThan(
      slack(0.75 ** 4, 400),
    );
    expect(found.pValue).toBeCloseTo(2 / (401 - found.undefinedResamples), 12);
    const never = pairedBootstrap(4, () => undefined, () => 0, { random, resamples: 5 }); // prettier-ignore
    expect(never).toMatchObject({
      difference: undefined,
      pValue: undefined,
      undefinedResamples: 5,
    });
  });
});
