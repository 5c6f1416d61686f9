import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Plan } from "./plan.ts";
import { savedFingerprint } from "./saved-plan.ts";

/** A task that an earlier plan of a benchmark had, and its present one does not. */
export interface LeftOutTask {
  readonly task: string;
  readonly folder: string;
  /** Runs that had finished, which are in no table. */
  readonly finished: number;
}

/** The tasks that a benchmark has run, and a plan leaves out. */
export function leftOutOf(out: string, plan: Plan): LeftOutTask[] {
  const planned = new Set(plan.tasks.map(({ name }) => name));
  return Object.keys(savedFingerprint(out)?.tasks ?? {})
    .filter((task) => !planned.has(task))
    .map((task) => {
      const folder = join(out, "runs", task);
      const files = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
      const finished = files.filter((file) => basename(String(file)) === "test.json").length;
      return { task, folder, finished };
    });
}

/** What is left out in words, and how it comes back. */
export function describeLeftOut({ task, folder, finished }: LeftOutTask): string {
  return `${task}: left out of the plan; finished runs: ${finished}, kept in ${folder} until the task is planned again`;
}
