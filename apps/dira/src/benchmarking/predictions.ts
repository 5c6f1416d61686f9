import { createRandom } from "@dira/random";
import {
  auroc,
  type CalibrationBin,
  type ImageMetric,
  meanAndStd,
  pairedBootstrap,
  type PairedDifference,
  presortedAuroc,
  reliability,
  rocCurve,
  sensitivityAt,
} from "@dira/transfer";
import { type Measured, measured } from "../finetuning/measure.ts";
import { UsageError } from "../usage-error.ts";
import type { TestPredictions } from "./read-results.ts";

/**
 * The mean of several runs' probabilities, image by image.
 *
 * @throws UsageError when the runs were not tested on the same images.
 */
export function averagePredictions(runs: readonly TestPredictions[]): TestPredictions {
  const [first] = runs;
  if (first === undefined) throw new UsageError("averagePredictions: there are no runs.");
  for (const run of runs) checkSameTest(first, run);
  const probabilities = first.probabilities.map((row, i) =>
    row.map((_, l) => {
      const values = runs.map((run) => run.probabilities[i]?.[l] ?? NaN);
      return values.reduce((a, b) => a + b) / values.length;
    }),
  );
  return { ...first, probabilities };
}

function checkSameTest(a: TestPredictions, b: TestPredictions): void {
  const same =
    String(a.labels) === String(b.labels) &&
    a.images.length === b.images.length &&
    a.images.every((image, i) => image === b.images[i]) &&
    a.truth.every((row, i) => row.every((value, l) => Object.is(value, b.truth[i]?.[l])));
  if (same) return;
  throw new UsageError(
    "Two runs of one task were tested on other images or truth: did the data change in between? Start anew with another --out.",
  );
}

/** Draws of test patients for {@link comparePatients}. */
export const RESAMPLES = 2000;

/**
 * How far the mean AUROC of two inits' averaged predictions differs, by the paired bootstrap over test patients.
 *
 * @param leastPositives - positives that a label needs to count in the mean.
 * @throws UsageError when they are of other images.
 */
export function comparePatients(
  a: TestPredictions,
  b: TestPredictions,
  leastPositives = 1,
): PairedDifference {
  checkSameTest(a, b);
  const [first, second] = [a, b].map((of) => meanAuroc(of, leastPositives)) as [ImageMetric, ImageMetric]; // prettier-ignore
  return pairedBootstrap(a.images.length, first, second, {
    ...{ random: createRandom("benchmark"), patients: a.patients, resamples: RESAMPLES },
  });
}

/** The mean AUROC of an init's averaged predictions, with its interval by test patients. */
export function measurePatients(of: TestPredictions, leastPositives = 1): Measured {
  return measured(meanAuroc(of, leastPositives), of.patients, createRandom("benchmark"));
}

/** Over the labels that have a value, and enough positives in all. */
function meanAuroc(
  { labels, probabilities, truth }: TestPredictions,
  leastPositives: number,
): ImageMetric {
  const metrics = labels.flatMap((_, l) => {
    const own = column(truth, l);
    const positives = own.filter((value) => value === 1).length;
    return positives < leastPositives ? [] : [presortedAuroc(column(probabilities, l), own)];
  });
  return (images) => {
    const known = metrics.map((of) => of(images)).filter((value) => value !== undefined);
    return known.length === 0 ? undefined : known.reduce((x, y) => x + y) / known.length;
  };
}

const column = (rows: readonly Float64Array[], label: number): Float64Array =>
  Float64Array.from(rows, (row) => row[label] ?? NaN);

/** ROC curves of several runs on common false-positive rates. */
export interface MeanRoc {
  /** Mean area under the runs' own curves. */
  readonly auroc: number;
  readonly points: readonly {
    readonly falsePositiveRate: number;
    readonly mean: number;
    /** Undefined for one run. */
    readonly std: number | undefined;
  }[];
}

const RATES = Array.from({ length: 101 }, (_, k) => k / 100);

/** Mean sensitivity of runs at false-positive rates 0, 0.01, … 1; undefined for a label without both classes. */
export function meanRoc(runs: readonly TestPredictions[], label: number): MeanRoc | undefined {
  const pairs = runs.map((r) => [column(r.probabilities, label), column(r.truth, label)] as const);
  const curves = pairs.map(([scores, truth]) => rocCurve(scores, truth));
  const known = curves.filter((curve) => curve !== undefined);
  if (known.length === 0 || known.length < curves.length) return undefined;
  const areas = pairs.map(([scores, truth]) => auroc(scores, truth) as number);
  const points = RATES.map((falsePositiveRate) => {
    const found = meanAndStd(known.map((curve) => sensitivityAt(curve, falsePositiveRate)));
    return { falsePositiveRate, mean: found.mean as number, std: found.std };
  });
  return { auroc: areas.reduce((a, b) => a + b) / areas.length, points };
}

/** A reliability diagram of one label over the predictions of all runs, each image once a run. */
export function pooledReliability(
  runs: readonly TestPredictions[],
  label: number,
): readonly CalibrationBin[] {
  const all = (of: "probabilities" | "truth"): number[] =>
    runs.flatMap((run) => Array.from(column(run[of], label)));
  return reliability(all("probabilities"), all("truth"), { bins: 10 });
}
