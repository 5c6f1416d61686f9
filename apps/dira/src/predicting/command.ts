import type { EngineName } from "@dira/engine";
import type { Command } from "commander";
import { share, whole } from "../arguments.ts";
import { predictFolder } from "./predict-folder.ts";

interface Options {
  readonly run: string;
  readonly data: string;
  readonly out: string;
  readonly kind?: string;
  readonly checkpoint: string;
  readonly overlap?: number;
  readonly maxUnreadable: number;
  readonly engine: EngineName | "auto";
  readonly workers: number;
}

/** Adds `predict` to the program. */
export function addPredictCommand(program: Command): void {
  program
    .command("predict")
    .description("labels or masks of any folder of images or scans, from a run of finetune")
    .requiredOption("--run <folder>", "a run of dira finetune")
    .requiredOption(
      "--data <folder>",
      "images or scans, in any layout; labels and masks are not needed",
    ) // prettier-ignore
    .requiredOption("--out <folder>", "a new folder, where tables, masks and overlays go")
    .option("--kind <name>", "layout of the folder, where it does not tell")
    .option("--checkpoint <name>", "best or last", "best")
    .option(
      "--overlap <share>",
      "of a window with the next, in volumes; the run's without it",
      share,
    ) // prettier-ignore
    .option("--max-unreadable <share>", "share of the images that may be broken", share, 0.1)
    .option("--engine <name>", "auto, torch, tensorflow, wasm or cpu", "auto")
    .option("--workers <threads>", "reading threads", whole, 1)
    .action((options: Options) => predictFolder(options));
}
