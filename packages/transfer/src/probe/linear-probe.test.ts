import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noisyLabels, normalFeatures, rowOf } from "../../test/tables.ts";
import { type LabelledFeatures, type Labels, linearProbe } from "../index.ts";
import { minimise } from "./minimise.ts";
import { timesTransposed, transposedTimes } from "./products.ts";

/** The objective at a probe, from its definition, in plain loops. */
function objectiveAt(
  train: LabelledFeatures,
  truth: readonly (readonly number[])[],
  c: number,
  coefficients: readonly (readonly number[])[],
  intercepts: readonly number[],
): number {
  const [N, C] = train.shape;
  const rows = Array.from({ length: N }, (_, n) => rowOf(train, n));
  const mean = Array.from({ length: C }, (_, i) => rows.reduce((s, r) => s + (r[i] ?? 0) / N, 0));
  const scale = mean.map((m, i) =>
    Math.sqrt(rows.reduce((s, r) => s + ((r[i] ?? 0) - m) ** 2 / N, 0)),
  );
  const logits = rows.map((row) =>
    coefficients.map((w, l) =>
      w.reduce(
        (s, v, i) => s + (v * ((row[i] ?? 0) - (mean[i] ?? 0))) / (scale[i] ?? 1),
        intercepts[l] ?? NaN,
      ),
    ),
  );
  const classes = !Array.isArray(train.labels[0]) && truth[0]?.length !== 1;
  return coefficients.reduce((total, w, l) => {
    const known = classes ? N : truth.filter((row) => !Number.isNaN(row[l])).length;
    const loss = logits.reduce((sum, z, n) => {
      const y = truth[n]?.[l] ?? NaN;
      if (Number.isNaN(y)) return sum;
      if (classes)
        return sum + y * (Math.log(z.reduce((s, v) => s + Math.exp(v), 0)) - (z[l] ?? 0));
      return sum + Math.log(1 + Math.exp(z[l] ?? 0)) - y * (z[l] ?? 0);
    }, 0);
    const penalty = w.reduce((s, v) => s + v * v, 0) / (2 * c);
    return total + (loss + penalty) / known;
  }, 0);
}

/** The largest central difference of the objective over all coefficients and intercepts. */
function largestSlope(train: LabelledFeatures, truth: readonly number[][], c: number): number {
  const probe = linearProbe(train, { c, tolerance: 1e-9 });
  expect(probe.gradient).toBeLessThan(1e-9);
  const [L, C] = [probe.intercepts.length, train.shape[1]];
  const at = (l: number, i: number, by: number): number => {
    const coefficients = probe.coefficients.map((row) => [...row]);
    const intercepts = [...probe.intercepts];
    const part = i === C ? intercepts : (coefficients[l] as number[]);
    const place = i === C ? l : i;
    part[place] = (part[place] as number) + by;
    return objectiveAt(train, truth, c, coefficients, intercepts);
  };
  let largest = 0;
  for (let l = 0; l < L; l += 1) {
    for (let i = 0; i <= C; i += 1) {
      largest = Math.max(largest, Math.abs((at(l, i, 1e-5) - at(l, i, -1e-5)) / 2e-5));
    }
  }
  return largest;
}

describe("linearProbe, laws", () => {
  it("at the optimum the objective's own slope is 0 along each coefficient and intercept", () => {
    const shapes = fc.record({ N: fc.integer({ min: 8, max: 30 }), C: fc.integer({ min: 1, max: 5 }), c: fc.constantFrom(0.1, 1, 10), key: fc.nat() }); // prettier-ignore
    const property = fc.property(shapes, ({ N, C, c, key }) => {
      const features = normalFeatures(N, C, key);
      const rows = noisyLabels(features, 3, key);
      rows.slice(0, 2).forEach((row, l) => (row[l] = NaN));
      // Each label in both classes, whatever was drawn.
      rows.push([0, 1, 0], [1, 0, 1]);
      rows.splice(2, 2);
      expect(largestSlope({ ...features, labels: rows }, rows, c)).toBeLessThan(1e-7);
      const classes = rows.map((_, n) => (n * 5) % 3);
      const indicators = classes.map((label) => [0, 1, 2].map((k) => Number(k === label)));
      expect(largestSlope({ ...features, labels: classes }, indicators, c)).toBeLessThan(1e-7);
      const two = classes.map((label) => Number(label > 0));
      const one = two.map((label) => [label]);
      expect(largestSlope({ ...features, labels: two }, one, c)).toBeLessThan(1e-7);
    });
    fc.assert(property, { numRuns: 20 });
  });

  it("shifting and scaling a feature changes no probability", () => {
    const features = normalFeatures(40, 3, 1);
    const labels = noisyLabels(features, 2, 1);
    const moved = {
      ...features,
      data: features.data.map((v, i) => (i % 3 === 1 ? 7 - 50 * v : v)),
    };
    const [a, b] = [features, moved].map((f) =>
      linearProbe({ ...f, labels }, { tolerance: 1e-9 }).predict(f),
    );
    a?.forEach((row, n) => row.forEach((p, l) => expect(b?.[n]?.[l]).toBeCloseTo(p, 5)));
  });

  it("the same features give the same bits", () => {
    const train = normalFeatures(50, 20, 2);
    const labels = noisyLabels(train, 5, 2);
    const [a, b] = [0, 1].map(() => linearProbe({ ...train, labels }));
    expect(a?.coefficients).toEqual(b?.coefficients);
  });
});

describe("linearProbe, examples", () => {
  it("separable data: finite coefficients, right probabilities, and larger with a weaker penalty", () => {
    const data = Float32Array.of(-2, -1, 1, 2);
    const train = { data, shape: [4, 1], labels: [0, 0, 1, 1] } as const;
    const size = (c: number): number => linearProbe(train, { c }).coefficients[0]?.[0] ?? NaN;
    expect(size(1)).toBeGreaterThan(0.5);
    expect(size(1e6)).toBeLessThan(100);
    expect(size(1e6)).toBeGreaterThan(size(1));
    const scores = linearProbe(train).predict(train);
    expect(scores.map(([, p = NaN]) => p > 0.5)).toEqual([false, false, true, true]);
    for (const row of scores) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  it("a constant feature has no coefficient; a label of one class scores 0.5", () => {
    const data = Float32Array.of(0.1, 5, 0.1, -5, 0.1, 4, 0.1, -4);
    const labels = [1, 0, 1, 0].map((label) => [label, 1, NaN]);
    const probe = linearProbe({ data, shape: [4, 2], labels });
    expect(Math.abs(probe.coefficients[0]?.[0] ?? NaN)).toBeLessThan(1e-6);
    const far: number[] = [
      ...(probe.predict({ data: Float32Array.of(-9, 5), shape: [1, 2] })[0] ?? []),
    ];
    expect(far[0]).toBeGreaterThan(0.7);
    expect(far.slice(1)).toEqual([0.5, 0.5]);
  });

  it("says where it ended when it may not converge", () => {
    const train = normalFeatures(60, 10, 3);
    const labels = noisyLabels(train, 3, 3);
    const short = linearProbe({ ...train, labels }, { maxIterations: 1 });
    expect(short.iterations).toBe(1);
    expect(short.gradient).toBeGreaterThan(1e-5);
  });

  it("refuses options that make no sense, and other features", () => {
    const train = { ...normalFeatures(6, 2, 4), labels: [0, 1, 0, 1, 0, 1] };
    expect(() => linearProbe(train, { c: 0 })).toThrow(/above 0/);
    expect(() => linearProbe(train, { tolerance: NaN })).toThrow(/above 0/);
    expect(() => linearProbe(train).predict(normalFeatures(2, 3))).toThrow(
      /fitted to 2 features, got 3/,
    );
    const none: LabelledFeatures = {
      data: new Float32Array(),
      shape: [0, 2],
      labels: [] as Labels,
    };
    expect(() => linearProbe(none)).toThrow(/at least one image/);
  });
});

describe("minimise, example", () => {
  it("finds the minimum of an ill-conditioned quadratic", () => {
    const found = minimise(
      (x, gradient) =>
        x.reduce((sum, v, i) => {
          const weight = 10 ** i;
          gradient[i] = weight * (v - i);
          return sum + (weight * (v - i) ** 2) / 2;
        }, 0),
      5,
      { tolerance: 1e-9, maxIterations: 200 },
    );
    expect(found.gradient).toBeLessThan(1e-9);
    found.x.forEach((v, i) => expect(v).toBeCloseTo(i, 8));
  });
});

describe("products, parity with loops", () => {
  it("of any number of rows and outputs", () => {
    const shapes = fc.record({ N: fc.integer({ min: 1, max: 9 }), L: fc.integer({ min: 1, max: 9 }), C: fc.integer({ min: 1, max: 6 }), key: fc.nat() }); // prettier-ignore
    const property = fc.property(shapes, ({ N, L, C, key }) => {
      const x = normalFeatures(N, C, key).data;
      const v = Float64Array.from(normalFeatures(L, C, key, 1).data);
      const out = new Float64Array(N * L).fill(9);
      timesTransposed(x, v, C, out);
      out.forEach((value, at) => {
        const [n, l] = [Math.floor(at / L), at % L];
        let sum = 0;
        for (let i = 0; i < C; i += 1) sum += (x[n * C + i] ?? NaN) * (v[l * C + i] ?? NaN);
        expect(value).toBeCloseTo(sum, 9);
      });
      const back = new Float64Array(L * C).fill(9);
      transposedTimes(out, x, C, back);
      back.forEach((value, at) => {
        const [l, i] = [Math.floor(at / C), at % C];
        let sum = 0;
        for (let n = 0; n < N; n += 1) sum += (out[n * L + l] ?? NaN) * (x[n * C + i] ?? NaN);
        expect(value).toBeCloseTo(sum, 9);
      });
    });
    fc.assert(property, { numRuns: 30 });
  });
});
