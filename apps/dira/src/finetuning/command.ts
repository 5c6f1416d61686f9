import type { Command } from "commander";
import { setPath } from "../config/set-path.ts";
import {
  archOption,
  batchOption,
  cacheOption,
  dataOption,
  engineOption,
  epochsOption,
  outOption,
  resumeOption,
  seedOption,
  setOption,
  type SharedOptions,
  sizeOption,
  taskOption,
} from "../shared-options.ts";
import { checkFinetune } from "./config.ts";
import { finetune } from "./finetune.ts";
import { taskNamed } from "./tasks.ts";

interface FinetuneOptions extends Omit<
  SharedOptions,
  "kind" | "task" | "steps" | "workers" | "maxUnreadable"
> {
  readonly task: string;
  readonly init?: string;
  readonly fraction?: string;
  readonly probe?: boolean;
}

/** Adds `finetune` to the program. */
export function addFinetuneCommand(program: Command): void {
  program
    .command("finetune")
    .description("fine-tune a pre-trained encoder (and decoder) on a target task, and test it")
    .addOption(taskOption().makeOptionMandatory())
    .addOption(outOption("where the run goes"))
    .addOption(dataOption("the data set in its own layout; phantoms without it"))
    .option(
      "--init <run or file>",
      "pre-trained weights: a run of dira pretrain, or .safetensors; random without it",
    )
    .addOption(archOption())
    .addOption(sizeOption("images"))
    .addOption(batchOption())
    .addOption(epochsOption("at most"))
    .option("--fraction <share>", "share of the training images used, e.g. 0.1")
    .addOption(seedOption("decides head, order, augmentation and fraction"))
    .addOption(engineOption())
    .addOption(cacheOption())
    .option("--probe", "train the head (or decoder) alone: the encoder stays as it is")
    .addOption(resumeOption())
    .addOption(setOption("any option of the task, e.g. layerDecay=0.75"))
    .action(async (options: FinetuneOptions) => {
      const { task, out, init, fraction, probe, resume, set, ...given } = options;
      const config: Record<string, unknown> = { ...taskNamed(task), ...given };
      if (fraction !== undefined) config["fraction"] = Number(fraction);
      if (init !== undefined) config["init"] = { ...taskNamed(task).init, weights: init };
      if (probe === true) Object.assign(config, { frozenStages: "all", frozenNorm: true });
      for (const assignment of set) setPath(config, assignment);
      await finetune(checkFinetune(config), out, resume === true);
    });
}
