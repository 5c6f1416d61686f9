import { readFileSync } from "node:fs";
import { z } from "zod";
import { setPath } from "../config/set-path.ts";
import { checkFinetune, type FinetuneConfig } from "../finetuning/config.ts";
import { taskNamed } from "../finetuning/tasks.ts";
import { UsageError } from "../usage-error.ts";

/** Names become folders. */
const name = z
  .string()
  .regex(/^[^\s./\\:*?"<>|\p{Cc}][^/\\:*?"<>|\p{Cc}]*$/u, "must do as the name of a folder");
/** What a task's `set` may not decide, as the plan does. */
const OWN = ["task", "data", "seed", "fraction", "cache", "init.weights", "init.stage"];
const options = z
  .record(z.string(), z.json())
  .refine((set) => OWN.every((key) => !(key in set)), `may not hold ${OWN.join(", ")}`);
const fractions = z.array(z.number().gt(0).max(1)).min(1);

const taskSchema = z.strictObject({
  /** One of `dira finetune`. */
  task: z.string(),
  /** In the tables; the task's own without it. Needed where a task occurs twice. */
  name: name.optional(),
  /** Folder of the data set; null: phantoms. */
  data: z.string().nullable().default(null),
  /** Options of `dira finetune --set` by path; they win over the plan's. */
  set: options.default({}),
  /** The plan's without them. */
  fractions: fractions.optional(),
});

const weights = z.string().min(1).nullable();

const schema = z.strictObject({
  tasks: z.array(taskSchema).min(1),
  inits: z
    .array(
      z.strictObject({
        name,
        /**
         * A run of `dira pretrain` or a file; `RUN:d`, `:dr`, `:dra` its stage; `:encoder` at the end: without the
         * decoder, also where the task has one; null: random. One for all tasks, or one
         * by the task's name; tasks that it leaves out are not run.
         */
        weights: z.union([weights, z.record(z.string(), weights)]).default(null),
      }),
    )
    .min(1),
  /** Shares of the training images that have labels. */
  fractions: fractions.default([1]),
  /** Seeds 0 … runs − 1. */
  runs: z.number().int().positive().default(10),
  /** Init that the others are compared with: that of random weights, or else the first, without it. */
  baseline: z.string().optional(),
  /** Which pairs are tested. */
  compare: z.enum(["all", "baseline"]).default("all"),
  /** Options of all tasks. */
  set: options.default({}),
});

/** What a benchmark runs, and compares. */
export interface Plan extends Omit<z.infer<typeof schema>, "tasks" | "baseline"> {
  readonly tasks: readonly PlannedTask[];
  readonly baseline: string;
}

/** A task of a {@link Plan}. */
export type PlannedTask = z.infer<typeof taskSchema> & { readonly name: string };

/** @throws UsageError naming what does not fit. */
export function checkPlan(given: unknown): Plan {
  const result = schema.safeParse(given);
  if (!result.success) {
    const problems = result.error.issues.map((i) => `\`${i.path.join(".")}\`: ${i.message}`);
    throw new UsageError(`The plan does not fit. ${problems.join("; ")}.`);
  }
  const plan = result.data;
  const tasks = plan.tasks.map((task) => ({ ...task, name: task.name ?? task.task }));
  const inits = plan.inits.map((init) => init.name);
  const baseline =
    plan.baseline ?? (plan.inits.find((init) => init.weights === null) ?? plan.inits[0])?.name;
  const names = tasks.map((task) => task.name);
  const unknown = plan.inits.flatMap((init) =>
    Object.keys(typeof init.weights === "object" ? (init.weights ?? {}) : {}).filter(
      (task) => !names.includes(task),
    ),
  );
  const wrong = [
    ...twice(names).map((twin) => `task \`${twin}\` occurs twice; give one another \`name\``),
    ...twice(inits).map((twin) => `init \`${twin}\` occurs twice`),
    ...[plan.fractions, ...tasks.map((task) => task.fractions ?? [])]
      .flatMap(twice)
      .map((twin) => `fraction ${twin} occurs twice`),
    ...unknown.map((task) => `\`inits\` names the task \`${task}\`, which is not in \`tasks\``),
    ...(baseline === undefined || !inits.includes(baseline)
      ? [`\`baseline\` ${baseline} is none of the inits ${inits.join(", ")}`]
      : []),
  ];
  if (wrong.length > 0) throw new UsageError(`The plan does not fit. ${wrong.join("; ")}.`);
  return { ...plan, tasks, baseline: baseline as string };
}

function twice<Value>(values: readonly Value[]): Value[] {
  return values.filter((value, i) => values.indexOf(value) < i);
}

/** @throws UsageError for a file that is not there, no JSON, or no plan. */
export function readPlan(path: string): Plan {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`The plan ${path} can't be read as JSON: ${why}.`);
  }
  return checkPlan(given);
}

type InitOptions = Pick<FinetuneConfig["init"], "weights" | "stage"> &
  Partial<Pick<FinetuneConfig["init"], "part">>;

/** `RUN`, `RUN:dr`, `RUN:dr:encoder`, `FILE:encoder`. */
const SPELT = /^(?<path>.+?)(?::(?<stage>d|dr|dra))?(?::(?<part>encoder))?$/s;

/** Weights of an init for a task as a configuration has them; undefined when it is not run on it. */
export function weightsOf(
  { weights: given }: Plan["inits"][number],
  task: string,
): InitOptions | undefined {
  const own = typeof given === "object" && given !== null ? given[task] : given;
  if (own === undefined) return undefined;
  if (own === null) return { weights: null, stage: null };
  const { path = own, stage, part } = SPELT.exec(own)?.groups ?? {};
  return {
    weights: path,
    stage: (stage ?? null) as InitOptions["stage"],
    ...(part !== undefined && { part: "encoder" }),
  };
}

/** Options of a task: the plan's and its own. */
export function optionsOf(plan: Plan, task: PlannedTask): [string, string][] {
  const set = { ...plan.set, ...task.set };
  return Object.entries(set).map(([path, value]) => [path, JSON.stringify(value)]);
}

/**
 * The configuration of the runs of an init on a task, but for fraction and seed; undefined where it has none.
 *
 * @throws UsageError for an unknown task, or options that do not fit.
 */
export function configOf(
  plan: Plan,
  task: PlannedTask,
  init: Plan["inits"][number],
): FinetuneConfig | undefined {
  const weights = weightsOf(init, task.name);
  if (weights === undefined) return undefined;
  const base = taskNamed(task.task);
  const config: Record<string, unknown> = {
    ...base,
    data: task.data,
    init: { ...base.init, ...weights },
  };
  for (const [path, value] of optionsOf(plan, task)) setPath(config, `${path}=${value}`);
  return checkFinetune(config);
}

/** Fractions of a task, from the smallest. */
export function fractionsOf(plan: Plan, task: PlannedTask): number[] {
  return [...(task.fractions ?? plan.fractions)].sort((a, b) => a - b);
}
