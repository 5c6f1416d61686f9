import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FinetuneConfig } from "../finetuning/config.ts";
import { fractionsOf, optionsOf, type Plan, weightsOf } from "./plan.ts";

/** One run of `dira finetune` of a benchmark. */
export interface PlannedRun {
  /** Name of the task in the plan. */
  readonly task: string;
  readonly init: string;
  readonly fraction: number;
  readonly seed: number;
  readonly folder: string;
  readonly log: string;
  /** Arguments of `dira` besides `--cache`, `--engine` and `--resume`, which do not decide the result. */
  readonly args: readonly string[];
}

/**
 * All runs of a plan, seed by seed, so that a benchmark that is cut short has about as many runs of each; small fractions
 * first.
 */
export function runsOf(plan: Plan, out: string): PlannedRun[] {
  const seeds = Array.from({ length: plan.runs }, (_, seed) => seed);
  return seeds.flatMap((seed) =>
    plan.tasks.flatMap((task) =>
      fractionsOf(plan, task).flatMap((fraction) =>
        plan.inits.flatMap((init): PlannedRun[] => {
          const weights = weightsOf(init, task.name);
          if (weights === undefined) return [];
          const place = [task.name, init.name, String(fraction)];
          const folder = join(out, "runs", ...place, String(seed));
          const args = [
            ...["finetune", "--task", task.task, "--out", folder],
            ...["--fraction", String(fraction), "--seed", String(seed)],
            ...(task.data === null ? [] : ["--data", task.data]),
            ...(weights.weights === null ? [] : ["--init", weights.weights]),
            ...(weights.stage === null ? [] : ["--set", `init.stage="${weights.stage}"`]),
            ...(weights.part === undefined ? [] : ["--set", `init.part="${weights.part}"`]),
            ...optionsOf(plan, task).flatMap(([path, value]) => ["--set", `${path}=${value}`]),
          ];
          const log = join(out, "logs", ...place, `${seed}.log`);
          return [{ task: task.name, init: init.name, fraction, seed, folder, log, args }];
        }),
      ),
    ),
  );
}

/** `montgomery, dira, fraction 0.1, seed 3`. */
export function nameOf({ task, init, fraction, seed }: PlannedRun): string {
  return `${task}, ${init}, fraction ${fraction}, seed ${seed}`;
}

/** How far a run is. */
export function stateOf({ folder }: PlannedRun): "finished" | "interrupted" | "to do" {
  const metric = metricIn(join(folder, "test.json"));
  const table = metric === "auroc" ? "predictions.csv" : "per-image.csv";
  if (metric !== undefined && existsSync(join(folder, table))) return "finished";
  return existsSync(join(folder, "config.json")) ? "interrupted" : "to do";
}

function metricIn(path: string): FinetuneConfig["metric"] | undefined {
  if (!existsSync(path)) return undefined;
  return (JSON.parse(readFileSync(path, "utf8")) as { metric: FinetuneConfig["metric"] }).metric;
}

/** The most memory that a run has taken, in bytes; undefined when it has logged none. */
export function peakMemory({ folder }: PlannedRun): number | undefined {
  const path = join(folder, "metrics.jsonl");
  if (!existsSync(path)) return undefined;
  const found = readFileSync(path, "utf8").matchAll(/"rss_bytes":\s*(\d+)/g);
  const peak = Array.from(found, ([, bytes]) => Number(bytes)).reduce((a, b) => Math.max(a, b), 0);
  return peak > 0 ? peak : undefined;
}
