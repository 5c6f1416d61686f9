import { fileURLToPath } from "node:url";
import { createRandom } from "@dira/random";
import { beforeAll, describe, expect, it } from "vitest";
import {
  auroc,
  averagePrecision,
  bootstrapInterval,
  brierScore,
  connectedComponents,
  distanceTransform,
  hedgesG,
  meanAndStd,
  operatingPoint,
  overlap,
  studentTTest,
  surfaceDistances,
  type VoxelMap,
  welchTTest,
  youdenPoint,
} from "../src/index.ts";
import { normalCdf, normalQuantile } from "../src/statistics/normal-distribution.ts";
import { pythonWith, runPython } from "../../../tools/testing/python.ts";

/** Cases are drawn anew in each run; the seed is printed. */
const seed = Number(process.env["SEED"] ?? Date.now() % 100_000);
const random = createRandom("metric-parity", seed);
const list = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i)); // prettier-ignore

/** From scores that nearly all tie to scores that don't; both classes occur. */
const ranking = [2, 4, 11, 1001].map((values) => {
  const scores = list(40, () => random.integer(0, values) / (values - 1));
  const truth = scores.map((s, i) => (i < 2 ? i : Number(random.uniform() < 0.2 + 0.6 * s)));
  return { scores, truth, threshold: random.integer(0, values) / (values - 1) };
});

/** Noise and blobs, with and without anisotropy; a mask with a single voxel, and a full one. */
const maps = [
  [9, 7],
  [5, 6, 7],
  [4, 4, 9],
  [1, 12],
].map((shape, n) => {
  const size = shape.reduce((a, b) => a * b);
  const of = (share: number): number[] =>
    list(size, (i) => Number(i === n || random.uniform() < share));
  const shares = [[0.3, 0.5], [0.6, 0.7], [0, 0.4], [1, 0.2]][n] ?? []; // prettier-ignore
  const spacing = shape.map(() => random.integer(1, 9) / 4);
  return { prediction: of(shares[0] ?? 0), truth: of(shares[1] ?? 0), shape, spacing };
});

const samples = [2, 5, 10].map((n) => ({
  a: list(n, () => 80 + random.normal()),
  b: list(n + 1, () => 79.5 + 2 * random.normal()),
}));
const normal = list(12, () => 4 * random.normal());
const interval = list(25, () => Math.exp(random.normal()));

/** A flat list as nested lists of a shape. */
function nested(data: readonly number[], shape: readonly number[]): unknown {
  if (shape.length === 1) return data;
  const [rows = 0, ...rest] = shape;
  const size = data.length / rows;
  return list(rows, (r) => nested(data.slice(r * size, (r + 1) * size), rest));
}

const python = pythonWith(["scipy", "sklearn"], "Parity of metrics with scikit-learn and SciPy is");

interface Answers {
  readonly ranking: readonly {
    readonly auroc: number;
    readonly averagePrecision: number;
    readonly confusion: readonly number[];
    readonly f1: number;
    readonly youden: number | null;
  }[];
  readonly brier: readonly number[];
  readonly segmentation: readonly {
    readonly dice: number;
    readonly iou: number;
    readonly transform: readonly number[];
    readonly hausdorff: number;
    readonly hausdorff95: number;
    readonly average: number;
    readonly faces: readonly number[];
    readonly corners: readonly number[];
  }[];
  readonly samples: readonly {
    readonly student: readonly number[];
    readonly welch: readonly number[];
    readonly meanAndStd: readonly number[];
    readonly hedgesG: number;
  }[];
  /** Φ(x) and Φ⁻¹(Φ(x)); the second only where |x| < 5. */
  readonly normal: readonly (readonly [number, number | null])[];
  readonly interval: readonly {
    readonly ends: readonly number[];
    readonly resamples: readonly number[];
  }[];
  readonly oneClass: string;
  readonly emptyMasks: number;
}

function ask(): Answers {
  const segmentation = maps.map(({ shape, spacing, prediction, truth }) => ({
    spacing,
    prediction: nested(prediction, shape),
    truth: nested(truth, shape),
  }));
  const input = JSON.stringify({ ranking, segmentation, samples, normal, interval });
  const script = fileURLToPath(new URL("metric_answers.py", import.meta.url));
  return JSON.parse(runPython(python as string, [script], input)) as Answers;
}

/** Relative, with room for float64 sums in another order. */
function expectClose(found: number | undefined, expected: number | undefined, where: string): void {
  const tolerance = 1e-10 * Math.max(1e-3, Math.abs(expected ?? NaN));
  expect(Math.abs((found ?? NaN) - (expected ?? NaN)), where).toBeLessThanOrEqual(tolerance);
}

describe.skipIf(python === undefined)(
  `metrics against scikit-learn and SciPy, seed ${seed}`,
  () => {
    let answers: Answers;
    beforeAll(() => {
      answers = ask();
    });

    it("auroc, averagePrecision, brierScore and operating points, with ties and without", () => {
      ranking.forEach(({ scores, truth, threshold }, i) => {
        const theirs = answers.ranking[i];
        expectClose(auroc(scores, truth), theirs?.auroc, `auroc ${i}`);
        expectClose(averagePrecision(scores, truth), theirs?.averagePrecision, `AP ${i}`);
        expectClose(brierScore(scores, truth), answers.brier[i], `Brier ${i}`);
        const point = operatingPoint(scores, truth, threshold);
        const { truePositives, falsePositives, trueNegatives, falseNegatives } = point;
        expect([truePositives, falsePositives, trueNegatives, falseNegatives]).toEqual(theirs?.confusion); // prettier-ignore
        expectClose(point.f1 ?? 0, theirs?.f1, `F1 ${i}`);
        expect(youdenPoint(scores, truth)?.threshold).toBe(theirs?.youden ?? Infinity);
      });
    });

    it("overlap, distance transform, surface distances and components, in 2D and 3D", () => {
      maps.forEach(({ shape, spacing, prediction, truth }, i) => {
        const [p, t] = [prediction, truth].map((data): VoxelMap => ({ data, shape, spacing })) as [VoxelMap, VoxelMap]; // prettier-ignore
        const theirs = answers.segmentation[i];
        const { dice, iou } = overlap([p], [t]);
        expectClose(dice.pooled, theirs?.dice, `Dice ${i}`);
        expectClose(iou.mean, theirs?.iou, `IoU ${i}`);
        const distances = distanceTransform(t);
        theirs?.transform.forEach((mm, at) =>
          expectClose(distances[at], mm, `transform ${i}, ${at}`),
        );
        const found = surfaceDistances(p, t);
        for (const key of ["hausdorff", "hausdorff95", "average"] as const) {
          expectClose(found[key], theirs?.[key], `${key} ${i}`);
        }
        for (const connectivity of ["faces", "corners"] as const) {
          const { labels } = connectedComponents(p, { connectivity });
          expect([...labels]).toEqual(theirs?.[connectivity]);
        }
      });
    });

    it("t-tests, mean and deviation, Hedges' g, the normal distribution", () => {
      samples.forEach(({ a, b }, i) => {
        const theirs = answers.samples[i];
        const [student, welch] = [studentTTest(a, b), welchTTest(a, b)];
        [student.statistic, student.pValue].forEach((v, k) => expectClose(v, theirs?.student[k], `Student ${i}`)); // prettier-ignore
        [welch.statistic, welch.pValue].forEach((v, k) => expectClose(v, theirs?.welch[k], `Welch ${i}`)); // prettier-ignore
        const { mean, std } = meanAndStd(a);
        [mean, std].forEach((v, k) => expectClose(v, theirs?.meanAndStd[k], `mean and std ${i}`));
        expectClose(hedgesG(a, b), theirs?.hedgesG, `g ${i}`);
      });
      normal.forEach((x, i) => {
        expectClose(normalCdf(x), answers.normal[i]?.[0], `Φ(${x})`);
        const back = answers.normal[i]?.[1] ?? undefined;
        if (Math.abs(x) < 5) expectClose(normalQuantile(normalCdf(x)), back, `${x}`);
      });
    });

    it("bootstrap intervals, up to what chance differs", () => {
      const mean = (images: readonly number[]): number =>
        images.reduce((sum, i) => sum + (interval[i] ?? NaN), 0) / images.length;
      (["percentile", "bca"] as const).forEach((method, i) => {
        const { low, high } = bootstrapInterval(25, mean, { random, method, resamples: 9999 });
        const { ends, resamples } = answers.interval[i] ?? { ends: [], resamples: [] };
        // By the share of SciPy's resamples below an end: in units of the metric, an end lies anywhere in a gap
        // between two clusters of resamples when one value is far from the others.
        const shareBelow = (end: number): number => resamples.filter((r) => r < end).length / 9999;
        [low, high].forEach((end, k) => {
          const share = shareBelow(ends[k] ?? NaN);
          // Each share has the standard error √(p(1−p)/n); a BCa end moves with its bias as well.
          const error = Math.sqrt((2 * share * (1 - share)) / 9999);
          const gap = Math.abs(shareBelow(end ?? NaN) - share);
          expect(gap, `${method}, seed ${seed}`).toBeLessThan((i + 1) * 6 * error + 1e-3);
        });
      });
    });

    it("where scikit-learn gives an error, NaN or 0, there is undefined, or 1 by choice", () => {
      expect(answers.oneClass).toMatch(/Only one class present|^nan$/);
      expect(auroc([0.1, 0.2], [1, 1])).toBeUndefined();
      expect(answers.emptyMasks).toBe(0);
      const empty = [{ data: [0, 0], shape: [1, 2] }];
      expect(overlap(empty, empty).dice.pooled).toBe(1);
      expect(overlap(empty, empty, { ignoreEmpty: true }).dice.pooled).toBeUndefined();
    });
  },
);
