import { type Measured, RESAMPLES as ALONE } from "../finetuning/measure.ts";
import { ALPHA, type Comparison, LEAST_PATIENTS } from "./compare.ts";
import { RESAMPLES } from "./predictions.ts";
import type { TaskResults } from "./summarise.ts";
import { markdownText } from "./tables/escape.ts";
import { METRIC_NAMES, percent, share } from "./tables/table.ts";

/** What the tests of a task show, in words, against the baseline. */
export function sentencesOf({ comparisons, metric }: TaskResults, baseline: string): string[] {
  const tests = comparisons.filter(({ pValue }) => pValue !== undefined).length;
  const against = comparisons.filter((one) => one.against === baseline);
  const first = `${tests} ${tests === 1 ? "pair was" : "pairs were"} tested over runs; Holm's correction is over all of them.`;
  return [first, ...against.flatMap((one) => [overRuns(one), ...overPatients(one, metric)])];
}

function overRuns(one: Comparison): string {
  const { fraction, init, against, difference, adjusted, untested } = one;
  const who = `With ${share(fraction)} of the labels, ${markdownText(init)}`;
  if (difference === undefined)
    return `${who} can't be compared with ${markdownText(against)}: one of them has no run with a value.`;
  const words = `${who} is ${towards(difference)} ${markdownText(against)} on average over ${runsOf(one)}`;
  if (adjusted === undefined) return `${words}; not tested: ${untested}.`;
  const figures = `95 % interval ${interval(one)}, p = ${pText(adjusted)}, Hedges' g = ${number(one.hedgesG)}`;
  const seeds = `better in ${one.betterSeeds} of ${one.commonSeeds} seeds`;
  return adjusted < ALPHA
    ? `${words} (${figures}; ${seeds}): **significant** at ${ALPHA}.`
    : `${words} (${figures}; ${seeds}): **not significant** at ${ALPHA}. That does not show that they are equal.`;
}

function overPatients(
  { init, against, patients }: Comparison,
  metric: TaskResults["metric"],
): string[] {
  if (patients === undefined || metric === undefined) return [];
  const { difference, adjusted } = patients;
  const who = `Over test patients, the ${METRIC_NAMES[metric]} of ${markdownText(init)}, averaged over seeds, less that of ${markdownText(against)}`;
  if (difference !== undefined && patients.patients < LEAST_PATIENTS) {
    return [
      `${who} is ${points(difference)} points (95 % interval ${interval(patients)}); ${patients.patients} patients are too few to call that significant or not.`,
    ];
  }
  if (difference === undefined || adjusted === undefined)
    return [`${who} has no value: no label of the test has both classes, or too few draws do.`];
  const verdict = adjusted < ALPHA ? "significant" : "not significant";
  return [
    `${who} is ${points(difference)} points (95 % interval ${interval(patients)}, p = ${pText(adjusted)}, ${patients.patients} patients): ${verdict} at ${ALPHA}.`,
  ];
}

function towards(difference: number): string {
  if (difference === 0) return "equal to";
  return `${percent(Math.abs(difference))} points ${difference > 0 ? "above" : "below"}`;
}

function runsOf({ n: [a, b] }: Comparison): string {
  return a === b ? `${a} ${a === 1 ? "run" : "runs"} each` : `${a} and ${b} runs`;
}

/** A line of a Markdown table for each comparison. */
export function testRows({ comparisons }: TaskResults): string[] {
  if (comparisons.length === 0) return [];
  const patients = comparisons.some((one) => one.patients !== undefined);
  const head = ["labels", "pair", "runs", "difference", "t", "df", "p", "p, Holm", "g"];
  const more = ["difference over patients", "p, Holm, over patients"];
  const rows = comparisons.map((one) => [
    share(one.fraction),
    `${markdownText(one.init)} − ${markdownText(one.against)}`,
    one.n.join(" / "),
    withInterval(one),
    ...[number(one.statistic), number(one.degreesOfFreedom)],
    ...[pText(one.pValue), pText(one.adjusted), number(one.hedgesG)],
    ...(patients
      ? [one.patients === undefined ? "–" : withInterval(one.patients), pText(one.patients?.adjusted)]
      : []), // prettier-ignore
  ]);
  const columns = patients ? [...head, ...more] : head;
  return [columns, columns.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
}

/** A line of a Markdown table for each init and fraction: its value over patients. */
export function intervalRows({ cells, metric }: TaskResults): string[] {
  const known = cells.filter(({ overPatients }) => overPatients?.value !== undefined);
  if (known.length === 0 || metric === undefined) return [];
  const head = [
    ...["labels", "init", `${METRIC_NAMES[metric]} % of averaged predictions`],
    "95 % over patients",
  ];
  const rows = known.map(({ fraction, init, overPatients }) => {
    const { value, low, high } = overPatients as Measured;
    const ends =
      low === undefined || high === undefined ? "–" : `${percent(low)} to ${percent(high)}`;
    return [share(fraction), markdownText(init), percent(value as number), ends];
  });
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
}

interface Interval {
  readonly difference: number | undefined;
  readonly low: number | undefined;
  readonly high: number | undefined;
}

function withInterval(one: Interval): string {
  if (one.difference === undefined) return "–";
  return one.low === undefined
    ? points(one.difference)
    : `${points(one.difference)} (${interval(one)})`;
}

function interval({ low, high }: Interval): string {
  return low === undefined || high === undefined ? "–" : `${points(low)} to ${points(high)}`;
}

const points = (value: number): string => `${value < 0 ? "−" : "+"}${percent(Math.abs(value))}`;

function number(value: number | undefined): string {
  return value === undefined ? "–" : value.toFixed(2).replace("-", "−");
}

/** A p-value with two significant digits; small ones as powers of ten. */
function pText(p: number | undefined): string {
  if (p === undefined) return "–";
  return p < 0.001 ? p.toExponential(1).replace("-", "−") : String(Number(p.toPrecision(2)));
}

/** How figures and tests come about, for the report. */
export const METHODS: string = [
  "- Runs of one seed have the same labelled images, the same initial head and the same order of batches, whatever the init; inits differ by their weights alone.",
  "- Over runs: Welch's two-sided t-test of two inits' runs at one fraction, and its 95 % interval of the difference; Hedges' g is the difference in pooled standard deviations. The test takes runs for independent; it says how far training runs differ on this test set, not how far another test set would. Holm's correction holds within each task. Pairs with fewer than two runs, or in which neither init varies from run to run, have no test and don't count into the correction.",
  `- Over patients: the paired bootstrap, both inits measured on the same ${RESAMPLES} draws of test patients (an init alone on ${ALONE}), with the percentile interval; Holm's correction within each task. For AUROC each init's probabilities are averaged over its seeds first, so that it is the AUROC of the averaged predictions, not the mean of the runs' AUROCs; for Dice and IoU each image's values are. Fewer than ${LEAST_PATIENTS} patients get no verdict. It says how far the difference can be told from these patients, and nothing of the variation between runs.`,
].join("\n");
