import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { writeAtomically } from "@dira/training/node";
import type { FinetuneConfig } from "../finetuning/config.ts";
import { weightsFile } from "../finetuning/network.ts";
import { UsageError } from "../usage-error.ts";
import { configOf, fractionsOf, type Plan, readPlan, weightsOf } from "./plan.ts";

/** A file of weights. */
interface WeightsFile {
  readonly path: string;
  readonly sha256: string;
  /** What is taken of it. */
  readonly part: FinetuneConfig["init"]["part"];
}

/** What decides the runs' results besides the plan's words. */
export interface Fingerprint {
  /** Each init's file by `task / init`; null: random. */
  readonly weights: Readonly<Record<string, WeightsFile | null>>;
  /** The resolved configuration of each task. */
  readonly tasks: Readonly<Record<string, object>>;
}

/**
 * Looks at everything that can be looked at before a run.
 *
 * @throws UsageError for options, weights or data that are not there or do not fit.
 */
export function fingerprintOf(plan: Plan): Fingerprint {
  const weights: Record<string, WeightsFile | null> = {};
  const tasks: Record<string, object> = {};
  const hashes = new Map<string, string>();
  for (const task of plan.tasks) {
    if (task.data !== null && !existsSync(task.data))
      throw new UsageError(`${task.name}: there is no data at ${task.data}.`);
    for (const init of plan.inits) {
      const config = configOf(plan, task, init);
      if (config === undefined) continue;
      const file = fileOf(config, init.name);
      if (file !== undefined && !hashes.has(file)) hashes.set(file, sha256(file));
      weights[`${task.name} / ${init.name}`] =
        file === undefined
          ? null
          : { path: file, sha256: hashes.get(file) as string, part: config.init.part };
    }
    const random = configOf(plan, task, { name: "random", weights: null });
    if (random !== undefined) tasks[task.name] = decisive(random);
  }
  return { weights, tasks };
}

function fileOf(config: FinetuneConfig, init: string): string | undefined {
  try {
    return weightsFile(config);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`init \`${init}\`: ${error.message}`);
    throw error;
  }
}

const sha256 = (path: string): string =>
  createHash("sha256").update(readFileSync(path)).digest("hex");

/** Without what differs between the runs of a task, or does not decide their results. */
function decisive(config: FinetuneConfig): object {
  const { engine: _, workers: __, cache: ___, seed: ____, fraction: _____, ...rest } = config;
  const { weights: ______, stage: _______, ...init } = rest.init;
  return { ...rest, init };
}

/** Where a benchmark keeps its plan. */
export const planPath = (out: string): string => join(out, "plan.json");
const fingerprintPath = (out: string): string => join(out, "fingerprint.json");

/** What decided the results of all runs so far, also of tasks that the plan leaves out; undefined where there is none. */
export function savedFingerprint(out: string): Fingerprint | undefined {
  const path = fingerprintPath(out);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Fingerprint) : undefined;
}

/** Writes the plan, after {@link checkSavedPlan}. What was noted of tasks that are left out stays: they may come back. */
export function savePlan(out: string, plan: Plan, { weights, tasks }: Fingerprint): void {
  const before = savedFingerprint(out);
  const all = {
    weights: { ...before?.weights, ...weights },
    tasks: { ...before?.tasks, ...tasks },
  };
  writeAtomically(fingerprintPath(out), `${JSON.stringify(all, null, 2)}\n`);
  writeAtomically(planPath(out), `${JSON.stringify(plan, null, 2)}\n`);
}

/**
 * @throws UsageError when a folder holds another plan's runs, naming what differs; runs, fractions, inits and tasks may have
 * been added, and tasks left out.
 */
export function checkSavedPlan(out: string, plan: Plan, fingerprint: Fingerprint): void {
  const before = savedFingerprint(out);
  const told = [
    ...planDifferences(readPlan(planPath(out)), plan),
    ...changed("weights of", before?.weights ?? {}, fingerprint.weights),
    ...changed("options of", before?.tasks ?? {}, fingerprint.tasks),
  ];
  if (told.length === 0) return;
  throw new UsageError(
    `--resume: ${out} was started with another plan (${told.join("; ")}). Give the same one, or choose another --out. Runs, fractions, inits and tasks may be added, and tasks left out; a task with other data or options needs another \`name\`.`,
  );
}

/** What a plan lacks of an earlier one, or has otherwise, but for tasks that it leaves out. */
export function planDifferences(before: Plan, now: Plan): string[] {
  const names = now.tasks.map(({ name }) => name);
  const left = before.tasks.filter(({ name }) => names.includes(name)).map(({ name }) => name);
  if (left.length === 0)
    return [`none of its tasks (${before.tasks.map(({ name }) => name).join(", ")}) is left`];
  const tasks = before.tasks.flatMap((task) => {
    const same = now.tasks.find(({ name }) => name === task.name);
    if (same === undefined) return [];
    const kept = fractionsOf(now, same);
    return [
      ...differing(`data of ${task.name}`, task.data, same.data),
      ...differing(`task of ${task.name}`, task.task, same.task),
      ...fractionsOf(before, task)
        .filter((fraction) => !kept.includes(fraction))
        .map((fraction) => `the fraction ${fraction} of ${task.name} is gone`),
      ...differing(
        `set of ${task.name}`,
        { ...before.set, ...task.set },
        { ...now.set, ...same.set },
      ),
    ];
  });
  const inits = before.inits.flatMap((init) => {
    const same = now.inits.find(({ name }) => name === init.name);
    if (same === undefined) return [`the init ${init.name} is gone`];
    const own = left.filter((task) => weightsOf(init, task) !== undefined);
    return differing(`weights of ${init.name}`, weightsIn(init, own), weightsIn(same, own));
  });
  return [
    ...tasks,
    ...inits,
    ...(now.runs < before.runs ? [`runs: ${before.runs} before, ${now.runs} now`] : []),
    ...differing("baseline", before.baseline, now.baseline),
    ...differing("compare", before.compare, now.compare),
  ];
}

/** Weights of an init; where they are given task by task, those of some. */
function weightsIn({ weights }: Plan["inits"][number], tasks: readonly string[]): unknown {
  if (typeof weights !== "object" || weights === null) return weights;
  return Object.fromEntries(tasks.filter((task) => task in weights).map((t) => [t, weights[t]]));
}

function differing(what: string, before: unknown, now: unknown): string[] {
  if (isDeepStrictEqual(before, now)) return [];
  return [`${what}: ${JSON.stringify(before)} before, ${JSON.stringify(now)} now`];
}

function changed(
  what: string,
  before: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): string[] {
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  return Object.keys(before)
    .filter((key) => key in now && !isDeepStrictEqual(before[key], plain(now[key])))
    .map((key) => `${what} ${key} are not what they were`);
}
