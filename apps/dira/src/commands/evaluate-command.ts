import { join } from "node:path";
import type { Command } from "commander";
import { whole } from "../arguments.ts";
import { evaluateFinetuned } from "../finetuning/evaluate-finetuned.ts";
import { isFinetunedRun } from "../finetuning/finetuned-run.ts";
import { dataOption, engineOption, type SharedOptions, workersOption } from "../shared-options.ts";
import { UsageError } from "../usage-error.ts";
import { evaluate } from "./evaluate.ts";

interface Options
  extends Pick<SharedOptions, "data" | "workers">, Required<Pick<SharedOptions, "engine">> {
  readonly checkpoint?: string;
  readonly draws?: number;
  readonly split?: string;
  readonly out?: string;
}

/** Adds `evaluate` to the program: of runs of `pretrain`, or of one of `finetune`. */
export function addEvaluateCommand(program: Command): void {
  program
    .command("evaluate")
    .description(
      "measure the networks of runs of pretrain on held-out images, beside random weights; or test a run of finetune again",
    )
    .argument("<run...>", "folders of runs of the same networks, or of one run of finetune")
    .option("--checkpoint <names>", "which of each run: d,dr,dra; of finetune best (or last)")
    .addOption(dataOption("other images than the run's own; of finetune in the task's layout"))
    .option(
      "--draws <number>",
      "of pretrain: passes through the images, each with other views (4)",
      whole,
    ) // prettier-ignore
    .option("--split <name>", "of finetune: train, val, test or all of the data set (test)")
    .addOption(workersOption("of finetune: reading threads"))
    .addOption(engineOption().default("auto"))
    .option("--out <file>", "where the JSON goes; evaluation.json in the first run without it")
    .action(evaluateRuns);
}

async function evaluateRuns(
  runs: readonly string[],
  { checkpoint, draws, split, workers, engine, data, out }: Options,
): Promise<void> {
  const [first = ""] = runs;
  const common = { engine, data, out: out ?? join(first, "evaluation.json") };
  const finetuned = runs.filter(isFinetunedRun);
  if (finetuned.length === 0) {
    refuse(split !== undefined, "--split is of runs of finetune");
    const checkpoints = (checkpoint ?? "d,dr,dra").split(",");
    return evaluate(runs, { ...common, draws: draws ?? 4, checkpoints });
  }
  refuse(runs.length > 1, `${finetuned[0]} is a run of finetune, which is tested by itself`);
  refuse(draws !== undefined, "--draws is of runs of pretrain");
  const own = { checkpoint: checkpoint ?? "best", split: split ?? "test", workers };
  return evaluateFinetuned(first, { ...common, ...own });
}

function refuse(wrong: boolean, why: string): void {
  if (wrong) throw new UsageError(`evaluate: ${why}.`);
}
