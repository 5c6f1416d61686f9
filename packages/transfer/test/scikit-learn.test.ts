import { fileURLToPath } from "node:url";
import { createRandom } from "@dira/random";
import { beforeAll, describe, expect, it } from "vitest";
import { auroc, type FeatureTable, linearProbe } from "../src/index.ts";
import { noisyLabels, normalFeatures, rowOf } from "./tables.ts";
import { pythonWith, runPython } from "../../../tools/testing/python.ts";

/** Cases are drawn anew in each run; the seed is printed. */
const seed = Number(process.env["SEED"] ?? Date.now() % 100_000);
const random = createRandom("scikit-learn", seed);

/** Few values, so that many scores tie; and scores without ties. */
const ranked = [3, 10, 1000].map((values) => {
  const scores = Array.from({ length: 60 }, () => random.integer(0, values) / 7);
  const truth = [0, 1, ...scores.slice(2).map((s) => Number(random.uniform() < 0.3 + 0.1 * s))];
  return { scores, truth };
});

interface Fit {
  readonly features: FeatureTable;
  readonly labels: readonly number[];
  readonly c: number;
}

/** More images than features and fewer; two classes and four; separable ones too. */
const fits: Fit[] = [
  [80, 5, 1],
  [30, 40, 0.1],
  [60, 12, 10],
].flatMap(([N = 0, C = 0, c = 1], i) => {
  const features = normalFeatures(N, C, seed, i);
  const two = noisyLabels(features, 1, seed, i).map(([label = 0]) => label);
  const four = noisyLabels(features, 2, seed, i).map(([a = 0, b = 0]) => 2 * a + b);
  // Every class is there, whatever was drawn.
  [two, four].forEach((labels) =>
    [0, 1, 2, 3].forEach((n) => (labels[n] = labels === two ? n % 2 : n)),
  );
  return [two, four].map((labels) => ({ features, labels, c }));
});

const python = pythonWith(["sklearn"], "Parity with scikit-learn is");

interface Answers {
  readonly auroc: readonly number[];
  readonly logistic: readonly {
    readonly coefficients: readonly number[][];
    readonly intercepts: readonly number[];
    readonly probabilities: readonly number[][];
  }[];
}

function ask(): Answers {
  const logistic = fits.map(({ features, ...rest }) => ({
    ...rest,
    features: Array.from({ length: features.shape[0] }, (_, n) => rowOf(features, n)),
  }));
  const input = JSON.stringify({ auroc: ranked, logistic });
  const script = fileURLToPath(new URL("answers.py", import.meta.url));
  const stdout = runPython(python as string, [script], input);
  return JSON.parse(stdout) as Answers;
}

describe.skipIf(python === undefined)(`parity with scikit-learn, seed ${seed}`, () => {
  let answers: Answers;
  beforeAll(() => {
    answers = ask();
  });

  it("auroc is roc_auc_score, with ties and without", () => {
    ranked.forEach(({ scores, truth }, i) => {
      expect(auroc(scores, truth)).toBeCloseTo(answers.auroc[i] ?? NaN, 12);
    });
  });

  it("linearProbe is StandardScaler and LogisticRegression of the same C", () => {
    fits.forEach(({ features, labels, c }, i) => {
      const where = `${features.shape.join(" × ")}, ${new Set(labels).size} classes, C ${c}`;
      const probe = linearProbe({ ...features, labels }, { c, tolerance: 1e-9 });
      const other = answers.logistic[i] as Answers["logistic"][number];
      const near = (own: readonly ArrayLike<number>[], theirs: readonly number[][]): void => {
        const differences = theirs.flatMap((row, l) =>
          row.map((v, k) => Math.abs(v - (own[l]?.[k] ?? NaN))),
        );
        expect(Math.max(...differences), where).toBeLessThan(1e-3);
      };
      near(probe.coefficients, other.coefficients);
      near([probe.intercepts], [[...other.intercepts]]);
      near(probe.predict(features), other.probabilities);
    });
  });
});
