import { Command } from "commander";
import { addBenchmarkCommand } from "./benchmarking/command.ts";
import { doctor } from "./commands/doctor.ts";
import { addEvaluateCommand } from "./commands/evaluate-command.ts";
import { addPretrainCommand } from "./commands/pretrain-command.ts";
import { addDataCommands } from "./data-commands/index.ts";
import { addDiscoverCommand } from "./discovery/command.ts";
import { addFinetuneCommand } from "./finetuning/command.ts";
import { addLocalizeCommand } from "./localising/command.ts";
import { addPredictCommand } from "./predicting/command.ts";

/** The command `dira` with all its parts; it reads arguments once. */
export function createProgram(): Command {
  const program = new Command("dira").description(
    "Self-supervised learning on medical images: discriminative, restorative, adversarial.",
  );
  addPretrainCommand(program);
  addEvaluateCommand(program);
  addDataCommands(program);
  addDiscoverCommand(program);
  addFinetuneCommand(program);
  addPredictCommand(program);
  addLocalizeCommand(program);
  addBenchmarkCommand(program);
  program
    .command("doctor")
    .description("say which engines there are, and how good")
    .option("--fix", "build the native engines that are not there")
    .option("--json", "print the report as JSON")
    .action(doctor);
  return program;
}

/** Says what went wrong in one line, with its stack where `DIRA_DEBUG` is set, and lets the process end as failed. */
export function reportFailure(error: unknown): void {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env["DIRA_DEBUG"] !== undefined && error instanceof Error) console.error(error.stack);
  process.exitCode = 1;
}
