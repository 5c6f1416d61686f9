import type { Rows } from "@dira/testing";

/** The losses as plain loops in float64, each written from its paper. */

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * (b[i] ?? NaN), 0);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const unit = (row: readonly number[]): number[] => row.map((x) => x / Math.sqrt(dot(row, row)));
const column = (rows: Rows, c: number): number[] => rows.map((row) => row[c] ?? NaN);
const range = (size: number): number[] => Array.from({ length: size }, (_, i) => i);
const widthOf = (rows: Rows): number => rows[0]?.length ?? 0;

/** `log Σ exp(xᵢ)`, shifted: written for temperatures as small as 0.005. */
function logSumExp(values: readonly number[]): number {
  const largest = Math.max(...values);
  return largest + Math.log(sum(values.map((x) => Math.exp(x - largest))));
}
const softmax = (values: readonly number[]): number[] =>
  values.map((x) => Math.exp(x - logSumExp(values)));

/** SimCLR, equation 1: over all 2N embeddings, the anchor left out of its own sum. */
export const ntXentLoop =
  (temperature: number) =>
  (z1: Rows, z2: Rows): number => {
    const all = [...z1, ...z2].map(unit);
    const N = z1.length;
    const losses = all.map((anchor, i) => {
      const similarity = (k: number): number => dot(anchor, all[k] ?? []) / temperature;
      const others = range(2 * N).filter((k) => k !== i);
      return logSumExp(others.map(similarity)) - similarity((i + N) % (2 * N));
    });
    return mean(losses);
  };

/** MoCo v3, algorithm 1, without its factor 2τ: the N × N logits' cross-entropy against the diagonal. */
export const inBatchLoop =
  (temperature: number) =>
  (queries: Rows, keys: Rows): number =>
    mean(
      queries.map((query, i) => {
        const logits = keys.map((key) => dot(unit(query), unit(key)) / temperature);
        return logSumExp(logits) - (logits[i] ?? NaN);
      }),
    );

/** MoCo, equation 1, with a queue of unit rows. */
export const infoNceLoop =
  (temperature: number, queue: Rows) =>
  (queries: Rows, keys: Rows): number =>
    mean(
      queries.map((query, i) => {
        const own = dot(unit(query), unit(keys[i] ?? [])) / temperature;
        return logSumExp([own, ...queue.map((n) => dot(unit(query), n) / temperature)]) - own;
      }),
    );

/** Features over the batch: less their mean, over their deviation. */
function standardise(rows: Rows, deviationOf: (centred: number[]) => number): number[][] {
  return range(widthOf(rows)).map((c) => {
    const values = column(rows, c);
    const centred = values.map((x) => x - mean(values));
    return centred.map((x) => x / deviationOf(centred));
  });
}

/** Barlow Twins, equations 1 and 2. */
export const barlowLoop =
  (lambda: number, standard: "batch-norm" | "unbiased") =>
  (z1: Rows, z2: Rows): number => {
    const N = z1.length;
    const deviation = (x: number[]): number =>
      standard === "batch-norm"
        ? Math.sqrt(dot(x, x) / N + 1e-5)
        : Math.sqrt(dot(x, x) / (N - 1)) + 1e-6;
    const [a, b] = [standardise(z1, deviation), standardise(z2, deviation)];
    const terms = a.flatMap((p, i) =>
      b.map((q, j) => {
        const correlation = dot(p, q) / N;
        return i === j ? (1 - correlation) ** 2 : lambda * correlation ** 2;
      }),
    );
    return sum(terms);
  };

/** VICReg, equations 1–4 and 6, with the weights λ, μ, ν; variances of both views averaged or added. */
export const vicRegLoop =
  ([lambda, mu, nu]: readonly [number, number, number], epsilon = 1e-4, views = 0.5) =>
  (z1: Rows, z2: Rows): number => {
    const [N, D] = [z1.length, widthOf(z1)];
    const covariance = (z: Rows, i: number, j: number): number => {
      const [p, q] = [column(z, i), column(z, j)];
      return sum(p.map((x, n) => (x - mean(p)) * ((q[n] ?? NaN) - mean(q)))) / (N - 1);
    };
    const v = (z: Rows): number =>
      mean(range(D).map((i) => Math.max(0, 1 - Math.sqrt(covariance(z, i, i) + epsilon))));
    const c = (z: Rows): number =>
      sum(range(D).flatMap((i) => range(D).map((j) => (i === j ? 0 : covariance(z, i, j) ** 2)))) /
      D;
    const s = mean(z1.flatMap((row, n) => row.map((x, i) => (x - (z2[n]?.[i] ?? NaN)) ** 2)));
    return lambda * s + mu * views * (v(z1) + v(z2)) + nu * (c(z1) + c(z2));
  };

/** SimSiam, equation 1, negative cosine. */
export const cosineLoop = (p: Rows, z: Rows): number =>
  -mean(p.map((row, n) => dot(unit(row), unit(z[n] ?? []))));

/** BYOL, equation 2: the squared distance of unit vectors. */
export const byolLoop = (p: Rows, z: Rows): number =>
  mean(p.map((row, n) => sum(unit(row).map((x, i) => (x - (unit(z[n] ?? [])[i] ?? NaN)) ** 2))));

/** SwAV, listing in its appendix: Sinkhorn and Knopp on exp(scores / ε) itself. */
export function sinkhornLoop(scores: Rows, epsilon: number, iterations: number): number[][] {
  let q = scores.map((row) => row.map((x) => Math.exp(x / epsilon)));
  for (let i = 0; i < iterations; i += 1) {
    const perPrototype = range(widthOf(q)).map((k) => sum(column(q, k)));
    q = q.map((row) => row.map((x, k) => x / (perPrototype[k] ?? NaN)));
    q = q.map((row) => row.map((x) => x / sum(row)));
  }
  return q;
}

/** SwAV, equation 2: cross-entropy of codes and predictions. */
export const swappedLoop =
  (temperature: number) =>
  (scores: Rows, codes: Rows): number =>
    mean(
      scores.map((row, n) => {
        const logits = row.map((x) => x / temperature);
        return -sum(logits.map((x, k) => (codes[n]?.[k] ?? NaN) * (x - logSumExp(logits))));
      }),
    );

/** DINO, algorithm 1: the teacher centred and sharpened. */
export const dinoLoop =
  (studentTemperature: number, teacherTemperature: number, center: readonly number[] = []) =>
  (student: Rows, teacher: Rows): number => {
    const wanted = teacher.map((row) =>
      softmax(row.map((x, k) => (x - (center[k] ?? 0)) / teacherTemperature)),
    );
    return swappedLoop(studentTemperature)(student, wanted);
  };
