import { meanAndStd } from "@dira/transfer";
import { compareInits, type Comparison } from "./compare.ts";
import { compareImageScores, type ImageScores, readImageScores } from "./image-scores.ts";
import { fractionsOf, type Plan, type PlannedTask, weightsOf } from "./plan.ts";
import { averagePredictions, comparePatients } from "./predictions.ts";
import { readPredictions, readResult, type RunResult } from "./read-results.ts";
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
  const cells = fractions.flatMap((fraction) =>
    names.map((init) => cellOf(init, fraction, runsIn(all, task.name, init, fraction))),
  );
  const metric = cells.flatMap(({ runs }) => runs)[0]?.metric;
  const compared = compareInits({
    ...{ cells, fractions, inits: names, baseline: plan.baseline, pairs: plan.compare },
    patients: (a, b) => {
      const [first, second] = [a, b].map(({ init, fraction }) =>
        finished(runsIn(all, task.name, init, fraction)),
      ) as [PlannedRun[], PlannedRun[]];
      if (metric === undefined || first.length === 0 || second.length === 0) return undefined;
      if (metric === "auroc") return comparePatients(averageOf(first), averageOf(second));
      const scoresOf = (runs: readonly PlannedRun[]): ImageScores[] =>
        runs.map((run) => readImageScores(run, metric));
      return compareImageScores(scoresOf(first), scoresOf(second));
    },
  });
  return { name: task.name, metric, fractions, inits: names, cells, comparisons: compared };
}

const averageOf = (runs: readonly PlannedRun[]): ReturnType<typeof averagePredictions> =>
  averagePredictions(runs.map(readPredictions));

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

function cellOf(init: string, fraction: number, planned: readonly PlannedRun[]): Cell {
  const runs = finished(planned).map(readResult);
  const { mean, std, count } = meanAndStd(runs.map(({ value }) => value));
  const seeds = runs.map(({ seed }) => seed);
  const missing = planned.map(({ seed }) => seed).filter((seed) => !seeds.includes(seed));
  return { init, fraction, runs, mean, std, n: count, missing };
}

/** Cells whose runs are not all there. */
export function incomplete({ cells }: TaskResults): Cell[] {
  return cells.filter(({ missing }) => missing.length > 0);
}
