import type { Command } from "commander";
import { collect, sides, whole } from "../arguments.ts";
import { setPath } from "../config/index.ts";
import { checkFinetune } from "./config.ts";
import { finetune } from "./finetune.ts";
import { taskNamed, TASKS } from "./tasks.ts";

interface FinetuneOptions {
  readonly task: string;
  readonly out: string;
  readonly data?: string;
  readonly init?: string;
  readonly arch?: string;
  readonly size?: number | number[];
  readonly batch?: number;
  readonly epochs?: number;
  readonly fraction?: string;
  readonly seed?: number;
  readonly engine?: string;
  readonly cache?: string;
  readonly probe?: boolean;
  readonly resume?: boolean;
  readonly set: string[];
}

/** Adds `finetune` to the program. */
export function addFinetuneCommand(program: Command): void {
  program
    .command("finetune")
    .description("fine-tune a pre-trained encoder (and decoder) on a target task, and test it")
    .requiredOption("--task <name>", Object.keys(TASKS).join(", "))
    .requiredOption("--out <folder>", "where the run goes")
    .option("--data <folder>", "the data set in its own layout; phantoms without it")
    .option(
      "--init <run or file>",
      "pre-trained weights: a run of dira pretrain, or .safetensors; random without it",
    )
    .option("--arch <name>", "resnet18, resnet34, resnet50 or u-net")
    .option("--size <pixels>", "side of the images, or depth,height,width of cubes", sides)
    .option("--batch <images>", "images a step", whole)
    .option("--epochs <number>", "at most", whole)
    .option("--fraction <share>", "share of the training images used, e.g. 0.1")
    .option("--seed <number>", "decides head, order, augmentation and fraction", whole)
    .option("--engine <name>", "auto, torch, tensorflow, wasm or cpu")
    .option("--cache <folder>", "keep decoded images there for the next run")
    .option("--probe", "train the head (or decoder) alone: the encoder stays as it is")
    .option("--resume", "go on with the run in --out")
    .option(
      "--set <path=value>",
      "any option of the task, e.g. layerDecay=0.75; repeatable",
      collect,
      [],
    )
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
