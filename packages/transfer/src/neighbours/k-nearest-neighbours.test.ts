import { startEngine } from "@dira/engine";
import { createRandom } from "@dira/random";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { enginesHere } from "../../../../tools/testing/engines-here.ts";
import { noisyLabels, normalFeatures, rowOf } from "../../test/tables.ts";
import { type FeatureTable, kNearestNeighbours, type LabelledFeatures } from "../index.ts";

/** Every similarity in float64, sorted; one label after the other. */
function byLoop(
  bank: LabelledFeatures,
  queries: FeatureTable,
  labels: readonly (readonly number[])[],
  k: number,
  temperature: number,
): number[][] {
  const unit = (row: readonly number[]): number[] => row.map((v) => v / Math.hypot(...row));
  return Array.from({ length: queries.shape[0] }, (_, m) => {
    const query = unit(rowOf(queries, m));
    const near = labels
      .map((row, n) => {
        const key = unit(rowOf(bank, n));
        return { row, similarity: key.reduce((sum, v, c) => sum + v * (query[c] as number), 0) };
      })
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, k);
    return (labels[0] as number[]).map((_label, l) => {
      const known = near.filter(({ row }) => !Number.isNaN(row[l]));
      const weight = known.map(({ similarity }) => Math.exp(similarity / temperature));
      const vote = known.reduce((sum, { row }, i) => sum + (weight[i] ?? 0) * (row[l] ?? 0), 0);
      return known.length === 0 ? 0.5 : vote / weight.reduce((a, b) => a + b, 0);
    });
  });
}

const engines = await enginesHere(["cpu", "tensorflow", "torch"]);
const expectClose = (found: readonly Float64Array[], expected: readonly number[][]): void => {
  expect(found.length).toBe(expected.length);
  found.forEach((row, m) => {
    expect(row.length).toBe(expected[m]?.length);
    row.forEach((score, l) => expect(score, `${m} ${l}`).toBeCloseTo(expected[m]?.[l] ?? NaN, 4));
  });
};

describe.each(engines)("kNearestNeighbours on %s", (engine) => {
  it("parity: a loop over all pairs, of labels with unknown ones and of classes, in several blocks", async () => {
    await startEngine(engine);
    const shapes = fc.record({ N: fc.integer({ min: 1, max: 40 }), C: fc.integer({ min: 1, max: 9 }), k: fc.integer({ min: 1, max: 60 }), temperature: fc.constantFrom(0.07, 0.1, 1), key: fc.nat() }); // prettier-ignore
    const property = fc.asyncProperty(shapes, async ({ N, C, k, temperature, key }) => {
      const [bank, queries] = [normalFeatures(N, C, key), normalFeatures(7, C, key, 1)];
      const random = createRandom("unknown", key);
      const labels = noisyLabels(bank, 3, key).map((row) =>
        row.map((label) => (random.bernoulli(0.2) ? NaN : label)),
      );
      const found = await kNearestNeighbours({ ...bank, labels }, queries, { k, temperature });
      expectClose(found, byLoop({ ...bank, labels }, queries, labels, k, temperature));
    });
    await fc.assert(property, { numRuns: 20 });
    const [bank, queries] = [normalFeatures(50, 6, 1), normalFeatures(300, 6, 2)];
    const classes = Array.from({ length: 50 }, (_, n) => (n * 7) % 4);
    const rows = classes.map((label) => [0, 1, 2, 3].map((c) => Number(c === label)));
    const found = await kNearestNeighbours({ ...bank, labels: classes }, queries, { k: 9 });
    expectClose(found, byLoop({ ...bank, labels: classes }, queries, rows, 9, 0.1));
  });

  it("law: a query's length and joint rotation do not matter; scores of classes add up to 1", async () => {
    await startEngine(engine);
    const [bank, queries] = [normalFeatures(30, 2, 3), normalFeatures(9, 2, 4)];
    const labels = Array.from({ length: 30 }, (_, n) => n % 3);
    const turned = ({ data, shape }: FeatureTable, factor: number): FeatureTable => ({
      shape,
      data: data.map((_, i) => {
        const [x, y] = [data[i - (i % 2)] ?? 0, data[i - (i % 2) + 1] ?? 0];
        return factor * (i % 2 === 0 ? 0.6 * x - 0.8 * y : 0.8 * x + 0.6 * y);
      }),
    });
    const plain = await kNearestNeighbours({ ...bank, labels }, queries, { k: 5 });
    const other = await kNearestNeighbours({ ...turned(bank, 1), labels }, turned(queries, 37), {
      k: 5,
    });
    expectClose(
      other,
      plain.map((row) => [...row]),
    );
    for (const row of plain) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  it("leaves no tensors behind", async () => {
    await startEngine(engine);
    const bank = {
      ...normalFeatures(20, 4, 5),
      labels: Array.from({ length: 20 }, (_, n) => n % 2),
    };
    await kNearestNeighbours(bank, bank);
    const before = tf.memory().numTensors;
    await kNearestNeighbours(bank, bank);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("kNearestNeighbours, examples", () => {
  const bank = {
    data: Float32Array.of(1, 0, 0, 1, 1, 1),
    shape: [3, 2],
    labels: [0, 1, 2],
  } as const;

  it("the nearest wins; k is capped by the bank; tiny temperatures stay finite", async () => {
    const query: FeatureTable = { data: Float32Array.of(9, 1, 0, 0), shape: [2, 2] };
    const [near, zero] = await kNearestNeighbours(bank, query, { k: 1 });
    expect([...(near as Float64Array)]).toEqual([1, 0, 0]);
    expect((zero as Float64Array).every(Number.isFinite)).toBe(true);
    const [cold] = await kNearestNeighbours(bank, query, { temperature: 1e-6 });
    expect([...(cold as Float64Array)]).toEqual([1, 0, 0]);
  });

  it("refuses what makes no sense", async () => {
    const refused = (options: object, queries: FeatureTable = bank): Promise<unknown> =>
      kNearestNeighbours(bank, queries, options);
    await expect(refused({ k: 0 })).rejects.toThrow(/k of 1 or more/);
    await expect(refused({ temperature: 0 })).rejects.toThrow(/temperature above 0/);
    await expect(refused({}, { data: Float32Array.of(1), shape: [1, 1] })).rejects.toThrow(
      /got 2 and 1/,
    );
    await expect(refused({}, { data: Float32Array.of(1, NaN), shape: [1, 2] })).rejects.toThrow(
      /feature 1 of image 0 is NaN/,
    );
    const mixed = { ...bank, labels: [0, [1], 2] as unknown as number[] };
    await expect(kNearestNeighbours(mixed, bank)).rejects.toThrow(/some of each/);
    await expect(kNearestNeighbours({ ...bank, labels: [0, 1] }, bank)).rejects.toThrow(
      /labels of 3 images/,
    );
    await expect(kNearestNeighbours({ ...bank, labels: [[0], [1], [0, 1]] }, bank)).rejects.toThrow(
      /image 2 has 2/,
    );
    await expect(kNearestNeighbours({ ...bank, labels: [[0], [1], [2]] }, bank)).rejects.toThrow(
      /image 2 has 2/,
    );
    await expect(kNearestNeighbours({ ...bank, labels: [0, 1.5, 2] }, bank)).rejects.toThrow(
      /got 1.5/,
    );
  });
});
