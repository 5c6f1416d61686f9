import { meanAndStd } from "@dira/transfer";
import type { Measured } from "../finetuning/measure.ts";
import { compareInits, type Comparison } from "./compare.ts";
import {
  compareImageScores,
  type ImageScores,
  measureImageScores,
  readImageScores,
} from "./image-scores.ts";
import { configOf, fractionsOf, type Plan, type PlannedTask, weightsOf } from "./plan.ts";
import { averagePredictions, comparePatients, measurePatients } from "./predictions.ts";
import {
  readPredictions,
  readResult,
  type RunResult,
  type TestPredictions,
} from "./read-results.ts";
import { type PlannedRun, stateOf } from "./runs.ts";

/** The runs of one init at one fraction. */
export interface Cell {
  readonly init: string;
  readonly fraction: number;
  readonly runs: readonly RunResult[];
  /** Of the runs that have a value; undefined without any, std with one. */
  readonly mean: number | undefined;
  readonly std: number | undefined;
  readonly n: number;
  /** Of the runs' averaged predictions, with its interval by test patients; undefined without any run. */
  readonly overPatients: Measured | undefined;
  /** Seeds whose runs have not finished. */
  readonly missing: readonly number[];
}

/** What a benchmark found of one task. */
export interface TaskResults {
  readonly name: string;
  readonly metric: RunResult["metric"] | undefined;
  readonly fractions: readonly number[];
  readonly inits: readonly string[];
  readonly cells: readonly Cell[];
  readonly comparisons: readonly Comparison[];
}

/** Reads the finished runs of a plan, and compares the inits. */
export function summarise(plan: Plan, runs: readonly PlannedRun[]): TaskResults[] {
  return plan.tasks.map((task) => summariseTask(plan, task, runs));
}

function summariseTask(plan: Plan, task: PlannedTask, all: readonly PlannedRun[]): TaskResults {
  const inits = plan.inits.filter((init) => weightsOf(init, task.name) !== undefined);
  const names = inits.map((init) => init.name);
  const fractions = fractionsOf(plan, task);
  const leastPositives = inits[0] && configOf(plan, task, inits[0])?.leastPositives;
  const runsOf = (init: string, fraction: number): PlannedRun[] =>
    runsIn(all, task.name, init, fraction);
  const cells = fractions.flatMap((fraction) =>
    names.map((init) => cellOf(init, fraction, runsOf(init, fraction), leastPositives)),
  );
  const metric = cells.flatMap(({ runs }) => runs)[0]?.metric;
  const compared = compareInits({
    ...{ cells, fractions, inits: names, baseline: plan.baseline, pairs: plan.compare },
    patients: (a, b) => {
      const [first, second] = [a, b].map(({ init, fraction }) =>
        finished(runsOf(init, fraction)),
      ) as [PlannedRun[], PlannedRun[]];
      if (metric === undefined || first.length === 0 || second.length === 0) return undefined;
      return metric === "auroc"
        ? comparePatients(averageOf(first), averageOf(second), leastPositives)
        : compareImageScores(scoresOf(first, metric), scoresOf(second, metric));
    },
  });
  return { name: task.name, metric, fractions, inits: names, cells, comparisons: compared };
}

const averageOf = (runs: readonly PlannedRun[]): TestPredictions =>
  averagePredictions(runs.map(readPredictions));

const scoresOf = (runs: readonly PlannedRun[], metric: "dice" | "iou"): ImageScores[] =>
  runs.map((run) => readImageScores(run, metric));

/** The runs of one cell. */
export function runsIn(
  all: readonly PlannedRun[],
  task: string,
  init: string,
  fraction: number,
): PlannedRun[] {
  return all.filter((run) => run.task === task && run.init === init && run.fraction === fraction);
}

/** Those that have finished. */
export function finished(runs: readonly PlannedRun[]): PlannedRun[] {
  return runs.filter((run) => stateOf(run) === "finished");
}

function cellOf(
  init: string,
  fraction: number,
  planned: readonly PlannedRun[],
  leastPositives?: number,
): Cell {
  const done = finished(planned);
  const runs = done.map(readResult);
  const { mean, std, count } = meanAndStd(runs.map(({ value }) => value));
  const seeds = runs.map(({ seed }) => seed);
  const missing = planned.map(({ seed }) => seed).filter((seed) => !seeds.includes(seed));
  const overPatients = measuredOf(done, runs[0]?.metric, leastPositives);
  return { init, fraction, runs, mean, std, n: count, overPatients, missing };
}

function measuredOf(
  runs: readonly PlannedRun[],
  metric: RunResult["metric"] | undefined,
  leastPositives?: number,
): Measured | undefined {
  if (metric === undefined) return undefined;
  return metric === "auroc"
    ? measurePatients(averageOf(runs), leastPositives)
    : measureImageScores(scoresOf(runs, metric));
}

/** Cells whose runs are not all there. */
export function incomplete({ cells }: TaskResults): Cell[] {
  return cells.filter(({ missing }) => missing.length > 0);
}
