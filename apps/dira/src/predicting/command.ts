import type { Command } from "commander";
import { share } from "../arguments.ts";
import {
  dataOption,
  engineOption,
  kindOption,
  maxUnreadableOption,
  outOption,
  type SharedOptions,
  workersOption,
} from "../shared-options.ts";
import { predictFolder } from "./predict-folder.ts";

interface Options
  extends
    Pick<SharedOptions, "out" | "kind" | "maxUnreadable" | "workers">,
    Required<Pick<SharedOptions, "data" | "engine">> {
  readonly run: string;
  readonly checkpoint: string;
  readonly overlap?: number;
}

/** Adds `predict` to the program. */
export function addPredictCommand(program: Command): void {
  program
    .command("predict")
    .description("labels or masks of any folder of images or scans, from a run of finetune")
    .requiredOption("--run <folder>", "a run of dira finetune")
    .addOption(
      dataOption(
        "images or scans, in any layout; labels and masks are not needed",
      ).makeOptionMandatory(),
    )
    .addOption(outOption("a new folder, where tables, masks and overlays go"))
    .addOption(kindOption())
    .option("--checkpoint <name>", "best or last", "best")
    .option(
      "--overlap <share>",
      "of a window with the next, in volumes; the run's without it",
      share,
    ) // prettier-ignore
    .addOption(maxUnreadableOption())
    .addOption(engineOption().default("auto"))
    .addOption(workersOption())
    .action((options: Options) => predictFolder(options));
}
