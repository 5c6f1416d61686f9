import { DiraError } from "@dira/tensor";
import { descending } from "./binary-labels.ts";
import { type DetectionScan, matchCandidates } from "./candidate-matching.ts";

/** Options of {@link froc}. */
export interface FrocOptions {
  /** False positives per scan at which sensitivity is read. @defaultValue ⅛, ¼, ½, 1, 2, 4, 8: LUNA16's */
  readonly rates?: readonly number[];
  /** Candidates per scan that count, the highest. @defaultValue 100, as LUNA16's evaluation */
  readonly maxCandidates?: number;
}

/** Free-response ROC analysis. */
export interface Froc {
  /** At each rate, in [0, 1]; undefined when there is nothing to be found. */
  readonly sensitivities: readonly (number | undefined)[];
  /** Their mean: LUNA16's score (competition performance metric). */
  readonly score: number | undefined;
  /** The curve, from the highest score: false positives per scan and sensitivity of what scores `threshold` or more. */
  readonly curve: readonly FrocPoint[];
  /** Relevant findings. */
  readonly findings: number;
}

/** One point of a free-response ROC curve. */
export interface FrocPoint {
  readonly threshold: number;
  readonly falsePositivesPerScan: number;
  readonly sensitivity: number;
}

/**
 * FROC analysis by LUNA16's rules: which share of the findings is found, at given numbers of false positives
 * per scan; the score is the mean sensitivity at ⅛, ¼, ½, 1, 2, 4 and 8. A candidate hits findings whose
 * centre is nearer than their radius; hits of one finding count once, at the highest score; hits of
 * irrelevant findings don't count. Between points of the curve, sensitivity is interpolated linearly; past
 * its end, it stays. In 2D and 3D.
 *
 * As `noduleCADEvaluationLUNA16.py` (where no finding at all is hit, that gives NaN, and here sensitivity is
 * 0), and as `monai.metrics.compute_froc_score` of candidates matched in this way. For an interval, draw
 * scans with {@link bootstrapInterval}.
 *
 * @param scans - all that were looked at, also those without findings or candidates.
 * @throws DiraError for no scans, a NaN score or position, or a rate below 0.
 * @see Setio et al. 2017, https://arxiv.org/abs/1612.08012
 */
export function froc(scans: readonly DetectionScan[], options: FrocOptions = {}): Froc {
  const { rates = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8], maxCandidates = 100 } = options;
  if (scans.length === 0) throw new DiraError("froc: expected at least one scan, got none.");
  if (!(maxCandidates >= 1)) {
    throw new DiraError(`froc: expected 1 candidate or more per scan, got ${maxCandidates}.`);
  }
  if (rates.length === 0 || !rates.every((rate) => rate >= 0)) {
    throw new DiraError(
      `froc: expected rates of 0 or more false positives per scan, got [${rates.join(", ")}].`,
    );
  }
  const matched = scans.map((scan, n) => matchCandidates(scan, n, maxCandidates));
  const found = matched.flatMap((scan) => scan.found);
  if (found.length === 0) {
    const sensitivities = rates.map(() => undefined);
    return { sensitivities, score: undefined, curve: [], findings: 0 };
  }
  const wrong = matched.flatMap(({ falsePositives }) => falsePositives);
  const curve = curveOf(found, wrong, scans.length);
  const sensitivities = rates.map((rate) => sensitivityAt(curve, rate));
  const score = sensitivities.reduce((a, b) => a + b) / rates.length;
  return { sensitivities, score, curve, findings: found.length };
}

function curveOf(
  found: readonly (number | undefined)[],
  wrong: readonly number[],
  scans: number,
): readonly FrocPoint[] {
  const marks = [
    ...found.filter((score) => score !== undefined).map((score) => ({ score, hit: true })),
    ...wrong.map((score) => ({ score, hit: false })),
  ].sort((a, b) => descending(a.score, b.score));
  const curve: FrocPoint[] = [{ threshold: Infinity, falsePositivesPerScan: 0, sensitivity: 0 }];
  let [hits, misses] = [0, 0];
  marks.forEach(({ score, hit }, n) => {
    if (hit) hits += 1;
    else misses += 1;
    if (marks[n + 1]?.score === score) return;
    curve.push({
      threshold: score,
      falsePositivesPerScan: misses / scans,
      sensitivity: hits / found.length,
    });
  });
  return curve;
}

function sensitivityAt(curve: readonly FrocPoint[], rate: number): number {
  const at = curve.findLastIndex((point) => point.falsePositivesPerScan <= rate);
  const [before, after] = [curve[at] as FrocPoint, curve[at + 1]];
  if (after === undefined) return before.sensitivity;
  const share =
    (rate - before.falsePositivesPerScan) /
    (after.falsePositivesPerScan - before.falsePositivesPerScan);
  return before.sensitivity + share * (after.sensitivity - before.sensitivity);
}
