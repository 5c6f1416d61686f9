import { createRandom } from "@dira/random";
import { type ImageMetric, type PairedDifference, pairedBootstrap } from "@dira/transfer";
import { type Measured, measured } from "../finetuning/measure.ts";
import { METRICS } from "./score.ts";
import type { ScoredFinding } from "./scored-finding.ts";

const RESAMPLES = 1000;

/** A method's lead over a baseline. */
export type Lead = Pick<PairedDifference, "difference" | "low" | "high" | "pValue">;

/** Metrics of some findings. */
export interface Summary {
  readonly findings: number;
  readonly patients: number;
  /** Findings of which the network's view shows a part, or nothing; they count like all others. */
  readonly partly_in_view: number;
  readonly out_of_view: number;
  /** Heat maps of the method that are 0 everywhere. */
  readonly empty_maps: number;
  /** By map (the method's name, `centre`, `random`), then metric. */
  readonly maps: Readonly<Record<string, Readonly<Record<string, Measured>>>>;
  /** By baseline, then metric: the method less the baseline on the same findings. */
  readonly leads: Readonly<Record<string, Readonly<Record<string, Lead>>>>;
}

/** What was found: of all labels, each counting the same, and of each. */
export interface LocalisationResult {
  readonly mean: Summary;
  readonly labels: Readonly<Record<string, Summary>>;
}

/** Metrics with 95 % bootstrap intervals by patients; of all labels the mean of their means. */
export function summariseFindings(
  findings: readonly ScoredFinding[],
  method: string,
): LocalisationResult {
  const labels = [...new Set(findings.map(({ label }) => label))];
  return {
    mean: summaryOf(findings, method),
    labels: Object.fromEntries(
      labels.map((label) => [
        label,
        summaryOf(
          findings.filter((each) => each.label === label),
          method,
        ),
      ]),
    ),
  };
}

function summaryOf(findings: readonly ScoredFinding[], method: string): Summary {
  const options = {
    random: createRandom("localisation bootstrap"),
    patients: findings.map(({ patient }) => patient),
    resamples: RESAMPLES,
  };
  const metrics = METRICS.filter((name) =>
    findings.some((each) => valueOf(each, method, name) !== undefined),
  );
  const names = Object.keys(findings[0]?.scores ?? {});
  const interval = (metric: ImageMetric): Measured =>
    measured(metric, options.patients, options.random);
  const lead = (name: string, baseline: string): Lead => {
    const [own, other] = [method, baseline].map((map) => meanOverLabels(findings, map, name)) as [
      ImageMetric,
      ImageMetric,
    ];
    const { difference, low, high, pValue } = pairedBootstrap(findings.length, own, other, options);
    return { difference, low, high, pValue };
  };
  const each = <T>(f: (metric: string) => T): Record<string, T> =>
    Object.fromEntries(metrics.map((metric) => [metric, f(metric)]));
  return {
    findings: findings.length,
    patients: new Set(options.patients).size,
    partly_in_view: findings.filter(({ inView }) => inView > 0 && inView < 1 - 1e-6).length,
    out_of_view: findings.filter(({ inView }) => inView === 0).length,
    empty_maps: findings.filter(({ scores }) => scores[method]?.box === undefined).length,
    maps: Object.fromEntries(
      names.map((map) => [map, each((metric) => interval(meanOverLabels(findings, map, metric)))]),
    ),
    leads: Object.fromEntries(
      names
        .filter((map) => map !== method)
        .map((map) => [map, each((metric) => lead(metric, map))]),
    ),
  };
}

const valueOf = ({ scores }: ScoredFinding, map: string, metric: string): number | undefined =>
  scores[map]?.metrics[metric];

/** A metric of one map: its mean over the findings of each label, then over labels. */
function meanOverLabels(
  findings: readonly ScoredFinding[],
  map: string,
  metric: string,
): ImageMetric {
  const labels = [...new Set(findings.map(({ label }) => label))];
  const label = findings.map((each) => labels.indexOf(each.label));
  const values = findings.map((each) => valueOf(each, map, metric));
  return (images) => {
    const [sums, counts] = [labels.map(() => 0), labels.map(() => 0)];
    for (const i of images) {
      const [value, own] = [values[i], label[i] as number];
      if (value === undefined) continue;
      sums[own] = (sums[own] as number) + value;
      counts[own] = (counts[own] as number) + 1;
    }
    const means = sums.flatMap((sum, l) => (counts[l] === 0 ? [] : [sum / (counts[l] as number)]));
    return means.length === 0 ? undefined : means.reduce((a, b) => a + b, 0) / means.length;
  };
}
