import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { collect, positive } from "../arguments.ts";
import { readAssignment } from "../config/set-path.ts";
import {
  archOption,
  batchOption,
  cacheOption,
  dataOption,
  engineOption,
  epochsOption,
  outOption,
  resumeOption,
  setOption,
  type SharedOptions,
  sizeOption,
  taskOption,
} from "../shared-options.ts";
import { UsageError } from "../usage-error.ts";
import { benchmark, type BenchmarkOptions } from "./benchmark.ts";
import { checkPlan, type Plan, readPlan } from "./plan.ts";
import { planPath } from "./saved-plan.ts";

type OfPlan = "task" | "data" | "arch" | "size" | "batch" | "epochs" | "set";

interface PlanOptions extends Pick<SharedOptions, OfPlan> {
  readonly init: string[];
  readonly runs?: number;
  readonly fractions?: number[];
  readonly baseline?: string;
  readonly compare?: string;
}

interface Options extends PlanOptions, Pick<SharedOptions, "out" | "resume" | "cache" | "engine"> {
  readonly plan?: string;
  readonly dryRun?: boolean;
  readonly jobs: number;
  readonly keep: BenchmarkOptions["keep"];
}

/** Adds `benchmark` to the program. */
export function addBenchmarkCommand(program: Command): void {
  program
    .command("benchmark")
    .description("fine-tune several inits on tasks, label fractions and seeds, and compare them")
    .addOption(outOption("where runs, tables, figures and the report go"))
    .option("--plan <file>", "tasks and inits as JSON, instead of the options of the plan")
    .addOption(taskOption())
    .addOption(dataOption("the data set in its own layout; phantoms without it"))
    .option(
      "--init <name=weights>",
      "random, or a name and its run of dira pretrain (RUN:d for its stage d, RUN:d:encoder without the decoder) or file; repeatable",
      collect,
      [],
    )
    .option("--runs <number>", "seeds of each (10)", positive)
    .option("--fractions <list>", "shares of labelled images, e.g. 0.01,0.1,1 (1)", numbers)
    .option("--baseline <init>", "what the others are compared with (the random one, or the first)")
    .option("--compare <pairs>", "all pairs are tested, or those with the baseline (all)")
    .addOption(archOption())
    .addOption(sizeOption("images"))
    .addOption(batchOption())
    .addOption(epochsOption("at most"))
    .addOption(setOption("any option of the task"))
    .option("--jobs <number>", "runs at once, where memory allows", positive, 1)
    .addOption(
      new Option("--keep <what>", "of finished runs").choices(["none", "weights"]).default("none"),
    )
    .addOption(engineOption())
    .addOption(cacheOption("decoded images of all runs (OUT/cache)"))
    .addOption(resumeOption("go on with the benchmark in --out; its own plan without another"))
    .option("--dry-run", "say what would run")
    .action(async (options: Options) => {
      const { out, resume = false, dryRun = false, jobs, keep, cache, engine } = options;
      await benchmark(planOf(options), { out, resume, dryRun, jobs, keep, cache, engine });
    });
}

const numbers = (list: string): number[] => list.split(",").map(Number);

/** The plan of a file, of the command line, or of the folder that is gone on with. */
function planOf(options: Options): Plan {
  const given = ownOptions(options);
  if (options.plan !== undefined) {
    if (given.length === 0) return readPlan(options.plan);
    throw new UsageError(
      `--plan: ${given.join(", ")} can't be given as well; put them into the plan.`,
    );
  }
  if (options.resume === true && given.length === 0) {
    if (existsSync(planPath(options.out))) return readPlan(planPath(options.out));
    throw new UsageError(`--resume: there is no benchmark in ${options.out}. Give its plan.`);
  }
  return planOfOptions(options);
}

const OWN = [
  ...["task", "data", "init", "runs", "fractions", "baseline", "compare"],
  ...["arch", "size", "batch", "epochs", "set"],
] as readonly (keyof PlanOptions)[];

function ownOptions(options: PlanOptions): string[] {
  return OWN.filter((key) => {
    const value = options[key];
    return value !== undefined && !((key === "init" || key === "set") && options[key].length === 0);
  }).map((key) => `--${key}`);
}

/** The plan that a command line says. @throws UsageError for what it lacks. */
function planOfOptions(options: PlanOptions): Plan {
  const { task, data = null, init, runs, fractions, baseline, compare } = options;
  if (task === undefined || init.length === 0)
    throw new UsageError("Give --task and one --init or more, or a --plan.");
  const { arch, size, batch, epochs } = options;
  const set: Record<string, unknown> = { arch, size, batch, epochs };
  for (const assignment of options.set) {
    const [path, value] = readAssignment(assignment);
    set[path] = value;
  }
  return checkPlan(
    JSON.parse(
      JSON.stringify({
        tasks: [{ task, data, set }],
        inits: init.map(initOf),
        ...{ runs, fractions, baseline, compare },
      }),
    ),
  );
}

function initOf(text: string): { name: string; weights: string | null } {
  const at = text.indexOf("=");
  if (at > 0 && at < text.length - 1)
    return { name: text.slice(0, at), weights: text.slice(at + 1) };
  if (text === "random") return { name: text, weights: null };
  throw new UsageError(`--init: expected random or name=weights, got \`${text}\`.`);
}
