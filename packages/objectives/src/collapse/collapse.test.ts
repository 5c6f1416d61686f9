import { createRandom } from "@dira/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collapseWarnings, effectiveRank, type EmbeddingTable, measureSpread } from "../index.ts";

const table = (N: number, C: number, seed = 1): EmbeddingTable => {
  const data = new Float32Array(N * C);
  createRandom(seed, "embeddings").fillNormal(data, 0, 1);
  return { data, shape: [N, C] };
};

describe("effectiveRank, parity", () => {
  it("closed forms: k equal singular values are k, one is 1", () => {
    for (const [N, C] of [
      [6, 4],
      [4, 6],
    ] as const) {
      for (let k = 1; k <= 4; k += 1) {
        const data = new Float32Array(N * C);
        for (let i = 0; i < k; i += 1) data[i * C + i] = 3;
        expect(effectiveRank({ data, shape: [N, C] })).toBeCloseTo(k, 5);
      }
    }
    const ones = { data: new Float32Array(20).fill(2), shape: [5, 4] } as const;
    expect(effectiveRank(ones)).toBeCloseTo(1, 4);
  });

  it("known singular values 3 and 1: exp of their entropy", () => {
    // [[2, 1], [1, 2]] has singular values 3 and 1.
    const matrix = { data: Float32Array.from([2, 1, 1, 2]), shape: [2, 2] } as const;
    const expected = Math.exp(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)));
    expect(effectiveRank(matrix)).toBeCloseTo(expected, 5);
  });
});

describe("measureSpread, laws", () => {
  it("rank ignores scale and the order of rows, and lies from 1 to min(N, C)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(99),
        (N, C, seed) => {
          const { data, shape } = table(N, C, seed);
          const rank = effectiveRank({ data, shape });
          expect(rank).toBeGreaterThanOrEqual(1 - 1e-6);
          expect(rank).toBeLessThanOrEqual(Math.min(N, C) + 1e-6);
          const rows = Array.from({ length: N }, (_, n) => [...data.subarray(n * C, n * C + C)]);
          const turned = Float32Array.from(rows.toReversed().flat(), (value) => 7 * value);
          expect(effectiveRank({ data: turned, shape })).toBeCloseTo(rank, 3);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("random directions spread, one point does not", () => {
    const spread = measureSpread(table(256, 32), table(256, 32, 2));
    expect(spread.embedding_std).toBeCloseTo(1, 1);
    expect(spread.effective_rank).toBeGreaterThan(28);
    expect(spread.uniformity).toBeLessThan(-3);
    expect(spread.alignment).toBeCloseTo(2, 0); // unrelated unit vectors are √2 apart
    const point = { data: new Float32Array(64).fill(1), shape: [16, 4] } as const;
    const collapsed = measureSpread(point, point);
    expect(collapsed.embedding_std).toBeCloseTo(0, 5);
    expect(collapsed.uniformity).toBeCloseTo(0, 5);
    expect(collapsed.alignment).toBe(0);
  });

  it("says what is wrong with its input", () => {
    expect(() => measureSpread(table(1, 4))).toThrow(/N at least 2, got \[1, 4\]/);
    expect(() => measureSpread(table(4, 4), table(4, 3))).toThrow(/must be \[4, 4\] as the first/);
  });
});

describe("collapseWarnings, examples", () => {
  it("names a collapse, a low rank and a loss at chance; healthy embeddings get none", () => {
    const shape = [64, 32] as const;
    expect(
      collapseWarnings(measureSpread(table(64, 32)), shape, { value: 3, chance: 8.3 }),
    ).toEqual([]);
    const point: EmbeddingTable = { data: new Float32Array(64 * 32).fill(1), shape: [64, 32] };
    const named = collapseWarnings(measureSpread(point), shape, {
      value: 8.318,
      chance: Math.log(4097),
    });
    expect(named.map(({ name }) => name)).toEqual([
      "collapsed-embeddings",
      "few-dimensions",
      "loss-at-chance",
    ]);
    // A line: images differ, but along one direction only.
    const line = table(64, 32);
    for (let n = 0; n < 64; n += 1) line.data.fill(n % 2 === 0 ? 1 : -1, n * 32, n * 32 + 32);
    expect(collapseWarnings(measureSpread(line), shape).map(({ name }) => name)).toEqual([
      "few-dimensions",
    ]);
  });
});
