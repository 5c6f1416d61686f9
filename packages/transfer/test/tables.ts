import { createRandom } from "@dira/random";
import type { FeatureTable } from "../src/index.ts";

/** Normal features `[N, C]`, of their own means and deviations. */
export function normalFeatures(N: number, C: number, ...key: number[]): FeatureTable {
  const random = createRandom("features", ...key);
  const data = new Float32Array(N * C);
  random.fillNormal(data, 0, 1);
  const [mean, scale] = [0, 1].map(() => Array.from({ length: C }, () => random.uniform(0.2, 3)));
  return {
    data: data.map((v, i) => v * (scale?.[i % C] ?? 1) + (mean?.[i % C] ?? 0)),
    shape: [N, C],
  };
}

/** Row n of features. */
export function rowOf({ data, shape: [, C] }: FeatureTable, n: number): number[] {
  return [...data.subarray(n * C, (n + 1) * C)];
}

/** Labels that features tell in part: above the mean in one feature each, with noise. */
export function noisyLabels(features: FeatureTable, count: number, ...key: number[]): number[][] {
  const random = createRandom("labels", ...key);
  const [N, C] = features.shape;
  const rows = Array.from({ length: N }, (_, n) => rowOf(features, n));
  const means = Array.from({ length: C }, (_, c) =>
    rows.reduce((sum, row) => sum + (row[c] as number) / N, 0),
  );
  return rows.map((row) =>
    Array.from({ length: count }, (_, l) => {
      const c = l % C;
      return Number((row[c] as number) - (means[c] as number) + random.normal() > 0);
    }),
  );
}
