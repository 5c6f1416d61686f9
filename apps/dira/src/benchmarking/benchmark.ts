import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { freemem } from "node:os";
import { join, resolve } from "node:path";
import { makeFolder } from "@dira/data";
import { onInterrupt } from "@dira/training/node";
import { endInterrupted } from "../end-interrupted.ts";
import { lockFolder } from "../folder-lock.ts";
import { UsageError } from "../usage-error.ts";
import { type RunningRun, startRun } from "./child.ts";
import { describeLeftOut, leftOutOf } from "./left-out.ts";
import type { Plan } from "./plan.ts";
import { runPool, runsAtOnce } from "./pool.ts";
import type { Failure } from "./report.ts";
import { nameOf, peakMemory, type PlannedRun, runsOf, stateOf } from "./runs.ts";
import { checkSavedPlan, fingerprintOf, planPath, savePlan } from "./saved-plan.ts";
import { writeResults } from "./write-results.ts";

/** Options of {@link benchmark}, none of which decides a run's result. */
export interface BenchmarkOptions {
  readonly out: string;
  readonly resume: boolean;
  readonly dryRun: boolean;
  /** Runs at once, at most. */
  readonly jobs: number;
  /** Of finished runs. */
  readonly keep: "none" | "weights";
  readonly cache?: string | undefined;
  readonly engine?: string | undefined;
}

/**
 * Fine-tunes all runs of a plan that have not finished, each in a process of its own, then writes results, tables, figures
 * and a report. A run that fails does not stop the others.
 *
 * @throws UsageError before anything runs, when the plan, its weights or data do not fit, or the folder has another plan.
 */
export async function benchmark(plan: Plan, options: BenchmarkOptions): Promise<void> {
  const out = options.out;
  const fingerprint = fingerprintOf(plan);
  checkFolder(options);
  if (existsSync(planPath(out))) checkSavedPlan(out, plan, fingerprint);
  const runs = runsOf(plan, out);
  const leftOut = leftOutOf(out, plan);
  describePlan(plan, runs);
  for (const task of leftOut) console.log(describeLeftOut(task));
  if (options.dryRun) return;
  makeFolder(out);
  const lock = await lockFolder(out);
  try {
    savePlan(out, plan, fingerprint);
    const { failures, interrupted } = await runAll(runs, options, lock.note);
    if (runs.some((run) => stateOf(run) === "finished"))
      writeResults(out, { plan, fingerprint, runs, failures, leftOut });
    for (const { run, problem, log } of failures)
      console.error(`failed: ${run}: ${problem} (${log})`);
    if (interrupted) {
      endInterrupted("what is done is saved");
    } else if (failures.length > 0) {
      console.error(
        `${failures.length} of ${runs.length} runs failed; the others stand. --resume tries them again.`,
      );
      process.exitCode = 1;
    }
  } finally {
    lock.release();
  }
}

function checkFolder({ out, resume, dryRun }: BenchmarkOptions): void {
  const there = existsSync(planPath(out));
  if (resume && !there)
    throw new UsageError(`--resume: there is no benchmark in ${out}. Start one without --resume.`);
  if (resume || dryRun || !existsSync(out) || readdirSync(out).length === 0) return;
  throw new UsageError(
    there
      ? `${out} already holds a benchmark. Go on with it by --resume, or choose another --out.`
      : `${out} is not empty. Choose another --out.`,
  );
}

function describePlan(plan: Plan, runs: readonly PlannedRun[]): void {
  const states = runs.map((run) => stateOf(run));
  const count = (state: string): number => states.filter((one) => one === state).length;
  for (const { name } of plan.tasks) {
    const own = runs.filter(({ task }) => task === name);
    const done = own.filter((run) => stateOf(run) === "finished").length;
    const unique = <Value>(values: readonly Value[]): string => [...new Set(values)].join(", ");
    console.log(
      `${name}: ${unique(own.map(({ init }) => init))}; fractions ${unique(own.map(({ fraction }) => fraction))}; ${plan.runs} seeds: ${own.length} runs, ${done} finished`,
    );
  }
  console.log(
    `${runs.length} runs: ${count("finished")} finished, ${count("interrupted")} interrupted, ${count("to do")} to do`,
  );
}

interface Outcome {
  readonly failures: readonly Failure[];
  readonly interrupted: boolean;
}

async function runAll(
  runs: readonly PlannedRun[],
  { out, jobs, keep, cache, engine }: BenchmarkOptions,
  note: (children: readonly number[]) => void,
): Promise<Outcome> {
  const todo = runs.filter((run) => stateOf(run) !== "finished");
  const available = freemem();
  const interrupt = onInterrupt();
  const running = new Set<RunningRun>();
  const failures: Failure[] = [];
  const engineArgs = engine === undefined ? [] : ["--engine", engine];
  const more = ["--cache", cache ?? resolve(out, "cache"), ...engineArgs];
  const noteAll = (): void => note([...running].flatMap(({ process: p }) => p.pid ?? []));
  const tell = (signal: NodeJS.Signals): void =>
    running.forEach(({ process: child }) => child.kill(signal));
  interrupt.signal.addEventListener("abort", () => {
    console.log(
      "interrupting: waiting for the runs to save what they have; once more ends at once",
    );
    tell("SIGINT");
  });
  let peak = maximum(runs.map(peakMemory));
  let done = runs.length - todo.length;
  const start = async (run: PlannedRun): Promise<void> => {
    const started = startRun(run, more);
    running.add(started);
    noteAll();
    const { problem, seconds } = await started.ended;
    running.delete(started);
    noteAll();
    peak = maximum([peak, peakMemory(run)]);
    if (problem === undefined) {
      done += 1;
      if (keep === "none") rmSync(join(run.folder, "checkpoints"), { recursive: true });
      console.log(`[${done}/${runs.length}] ${nameOf(run)}: ${valueOf(run)}, ${seconds.toFixed(0)} s`); // prettier-ignore
    } else if (!interrupt.signal.aborted) {
      failures.push({ run: nameOf(run), problem, log: run.log });
      console.log(`failed: ${nameOf(run)}: ${problem}`);
    }
  };
  try {
    const slots = (): number => runsAtOnce(jobs, available, peak);
    await runPool(todo, { slots, signal: interrupt.signal, start });
  } finally {
    interrupt.dispose();
  }
  return { failures, interrupted: interrupt.signal.aborted };
}

function maximum(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((a, b) => Math.max(a, b));
}

function valueOf({ folder }: PlannedRun): string {
  const { metric, mean } = JSON.parse(readFileSync(join(folder, "test.json"), "utf8")) as {
    metric: string;
    mean: { value?: number };
  };
  return `${metric} ${mean.value?.toFixed(4) ?? "undefined"}`;
}
