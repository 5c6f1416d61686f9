import type { Split } from "@dira/data";
import { type Command, Option } from "commander";
import { positive, share, sides, whole } from "../arguments.ts";
import { dataOption, engineOption, outOption, type SharedOptions } from "../shared-options.ts";
import { type Method, METHODS } from "./heat-maps.ts";
import { localize } from "./localize.ts";

interface Options
  extends Pick<SharedOptions, "out" | "data">, Required<Pick<SharedOptions, "engine">> {
  readonly split: Split;
  readonly method: Method;
  readonly label: string[];
  readonly level?: string;
  readonly share: number;
  readonly window?: number | number[];
  readonly stride?: number | number[];
  readonly batch: number;
  readonly overlays: number;
}

/** Adds `localize` to the program. */
export function addLocalizeCommand(program: Command): void {
  program
    .command("localize")
    .description("score where fine-tuned networks see what they tell by labels alone")
    .argument("<run...>", "runs of dira finetune on labels; several are folds, put together")
    .addOption(outOption("where figures and pictures go"))
    .addOption(dataOption("other images than the run's own, in the same layout"))
    .addOption(
      new Option("--split <name>", "of the images")
        .choices(["train", "val", "test"])
        .default("test"),
    )
    .addOption(
      new Option("--method <name>", "how heat maps are made").choices(METHODS).default("grad-cam"),
    )
    .option("--label <name...>", "labels that count; all with a known place without it", [])
    .option("--level <stage>", "of the encoder, for Grad-CAM; the last without it")
    .option("--share <share>", "of a map's maximum from which on it is hot", share, 0.2)
    .option("--window <pixels>", "what occlusion covers; an eighth of each side without it", sides)
    .option("--stride <pixels>", "between what occlusion covers; half the window without it", sides)
    .option("--batch <number>", "heat maps, or covered copies, at a time", positive, 8)
    .option("--overlays <number>", "pictures at most", whole, 50)
    .addOption(engineOption().default("auto"))
    .action(async (runs: string[], { label, ...options }: Options) => {
      await localize(runs, { ...options, labels: label });
    });
}
