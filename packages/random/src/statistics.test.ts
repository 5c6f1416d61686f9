import { describe, expect, it } from "vitest";
import { createRandom } from "./index.ts";

// Keys are fixed, so each test gives the same figure every time. Bounds are quantiles of what chance gives:
// a right stream exceeds each about once in ten thousand keys.
const N = 200_000;
const words = (...key: (number | string)[]): Float64Array => {
  const random = createRandom(...key);
  return Float64Array.from({ length: N }, () => random.uniform());
};

/** Pearson's χ² of counts that should be even, as standard deviations above its mean. */
function chiSquare(counts: ArrayLike<number>): number {
  const total = Array.from(counts).reduce((a, b) => a + b, 0);
  const even = total / counts.length;
  const sum = Array.from(counts).reduce((a, count) => a + (count - even) ** 2 / even, 0);
  const degrees = counts.length - 1;
  return (sum - degrees) / Math.sqrt(2 * degrees);
}

/** Pearson's correlation, in standard errors. */
function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = Math.min(a.length, b.length);
  let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i += 1) {
    const [x, y] = [a[i] as number, b[i] as number];
    sa += x;
    sb += y;
    saa += x * x;
    sbb += y * y;
    sab += x * y;
  }
  const covariance = sab / n - (sa / n) * (sb / n);
  const scale = Math.sqrt((saa / n - (sa / n) ** 2) * (sbb / n - (sb / n) ** 2));
  return (covariance / scale) * Math.sqrt(n);
}

/** Kolmogorov and Smirnov's √n · D against a distribution function. */
function kolmogorovSmirnov(values: Float64Array, cdf: (x: number) => number): number {
  const sorted = values.slice().sort();
  let most = 0;
  sorted.forEach((x, i) => {
    const expected = cdf(x);
    const [before, after] = [expected - i / sorted.length, (i + 1) / sorted.length - expected];
    most = Math.max(most, before, after);
  });
  return most * Math.sqrt(sorted.length);
}

/** The normal distribution function, by Abramowitz and Stegun's 26.2.17 (within 7.5e-8). */
function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series =
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return x > 0 ? 1 - tail : tail;
}

describe("statistics of one stream", () => {
  it("uniform: χ² over 1,000 cells, and over pairs of neighbours in 64 × 64", () => {
    const u = words("uniform");
    const [cells, pairs] = [new Float64Array(1000), new Float64Array(4096)];
    u.forEach((v, i) => {
      const cell = Math.floor(v * 1000);
      cells[cell] = (cells[cell] as number) + 1;
      if (i % 2 === 0) return;
      const pair = Math.floor((u[i - 1] as number) * 64) * 64 + Math.floor(v * 64);
      pairs[pair] = (pairs[pair] as number) + 1;
    });
    expect(Math.abs(chiSquare(cells))).toBeLessThan(4);
    expect(Math.abs(chiSquare(pairs))).toBeLessThan(4);
  });

  it("uniform: no serial correlation at lags 1 to 16 (a block has 4 words)", () => {
    const u = words("serial");
    for (let lag = 1; lag <= 16; lag += 1) {
      expect(Math.abs(correlation(u, u.subarray(lag)))).toBeLessThan(4.2);
    }
  });

  it("uniform: each of the upper 24 bits is set half the time", () => {
    const out = new Float32Array(N);
    createRandom("bits").fillUniform(out, 0, 1);
    for (let bit = 1; bit <= 24; bit += 1) {
      const set = out.reduce((sum, v) => sum + (Math.floor(v * 2 ** bit) % 2), 0);
      expect(Math.abs(set - N / 2) / Math.sqrt(N / 4)).toBeLessThan(4.2);
    }
    expect(out.every((v) => v >= 0 && v < 1)).toBe(true);
  });

  it("uniform and normal: Kolmogorov and Smirnov", () => {
    expect(kolmogorovSmirnov(words("ks"), (x) => x)).toBeLessThan(2.2);
    const z = new Float32Array(N);
    createRandom("normal").fillNormal(z, 0, 1);
    expect(kolmogorovSmirnov(Float64Array.from(z), normalCdf)).toBeLessThan(2.2);
    const one = createRandom("one by one");
    const singly = Float64Array.from({ length: N / 4 }, () => one.normal());
    expect(kolmogorovSmirnov(singly, normalCdf)).toBeLessThan(2.2);
  });

  it("normal: moments one to four, and the two of a pair are uncorrelated", () => {
    const z = new Float32Array(N);
    createRandom("moments").fillNormal(z, 3, 2);
    const standard = Float64Array.from(z, (v) => (v - 3) / 2);
    const moment = (p: number): number => standard.reduce((sum, v) => sum + v ** p, 0) / N;
    // Variances of z, z², z³ and z⁴ are 1, 2, 15 and 96.
    const expected = [0, 1, 0, 3];
    [1, 2, 15, 96].forEach((variance, i) => {
      const error = Math.abs(moment(i + 1) - (expected[i] as number));
      expect(error / Math.sqrt(variance / N)).toBeLessThan(4.2);
    });
    const [even, odd] = [0, 1].map((offset) => standard.filter((_, i) => i % 2 === offset));
    expect(Math.abs(correlation(even as Float64Array, odd as Float64Array))).toBeLessThan(4.2);
  });

  it("whole numbers: even over ranges that do not divide 2³²; permutations of four all as often", () => {
    const random = createRandom("integers");
    for (const range of [3, 7, 1000, 3_000_000_000]) {
      const bins = Math.min(range, 100);
      const counts = new Float64Array(bins);
      for (let i = 0; i < 60_000; i += 1) {
        const bin = Math.floor((random.integer(0, range) / range) * bins);
        counts[bin] = (counts[bin] as number) + 1;
      }
      expect(Math.abs(chiSquare(counts))).toBeLessThan(4.5);
    }
    const orders = new Map<string, number>();
    for (let i = 0; i < 24_000; i += 1) {
      const order = random.permutation(4).join();
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(orders.size).toBe(24);
    expect(Math.abs(chiSquare([...orders.values()]))).toBeLessThan(4.5);
  });
});

describe("statistics across neighbouring keys", () => {
  const first = (make: (i: number) => (number | string)[]): Float64Array =>
    Float64Array.from({ length: 20_000 }, (_, i) => createRandom(...make(i)).uniform());
  const keys: [string, (i: number) => (number | string)[]][] = [
    ["seed", (i) => [i, 0, 0, 0, "flip"]],
    ["epoch", (i) => [0, i, 0, 0, "flip"]],
    ["sample", (i) => [0, 0, i, 0, "flip"]],
    ["view", (i) => [0, 0, 0, i, "flip"]],
    ["operation", (i) => [0, 0, 0, 0, `op${i}`]],
  ];

  it.each(keys)(
    "first draws over every %s are uniform and uncorrelated with the next key's",
    (_, make) => {
      const u = first(make);
      const cells = new Float64Array(200);
      u.forEach((v) => {
        const cell = Math.floor(v * 200);
        cells[cell] = (cells[cell] as number) + 1;
      });
      expect(Math.abs(chiSquare(cells))).toBeLessThan(4.2);
      for (const lag of [1, 2, 3, 64]) {
        expect(Math.abs(correlation(u, u.subarray(lag)))).toBeLessThan(4.2);
      }
    },
  );

  it("whole streams of neighbouring keys are uncorrelated, also shifted", () => {
    const streams = [0, 1, 2].map((sample) => words(7, 0, sample, 1, "crop"));
    for (const [a, b] of [
      [0, 1],
      [1, 2],
      [0, 2],
    ] as const) {
      const [x, y] = [streams[a] as Float64Array, streams[b] as Float64Array];
      for (const shift of [0, 1, 4]) {
        expect(Math.abs(correlation(x, y.subarray(shift)))).toBeLessThan(4.2);
      }
    }
  });

  it("a change of one bit of the key changes half the bits of the first word", () => {
    let [changed, pairs] = [0, 0];
    for (let i = 0; i < 400; i += 1) {
      const word = (key: number): number => createRandom(key).integer(0, 2 ** 32);
      for (const bit of [0, 1, 7, 20]) {
        let difference = (word(i) ^ word(i ^ (1 << bit))) >>> 0;
        for (; difference > 0; difference = Math.floor(difference / 2)) changed += difference % 2;
        pairs += 1;
      }
    }
    const error = Math.abs(changed / pairs - 16) / Math.sqrt(8 / pairs);
    expect(error).toBeLessThan(4.5);
  });
});
