import type { Command } from "commander";
import { checkConfig } from "../config/index.ts";
import { setPath } from "../config/set-path.ts";
import { loadRecipe, objectiveNamed, RECIPES } from "../recipes/index.ts";
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
  stepsOption,
} from "../shared-options.ts";
import { pretrain } from "./pretrain.ts";

interface Options extends Omit<SharedOptions, "kind" | "task" | "workers" | "maxUnreadable"> {
  readonly recipe: string;
  readonly stages?: string;
  readonly objective?: string;
  readonly init?: string;
}

/** Adds `pretrain` to the program. */
export function addPretrainCommand(program: Command): void {
  program
    .command("pretrain")
    .description("pre-train an encoder and decoder through the stages of a recipe")
    .requiredOption("--recipe <name>", `${RECIPES.join(", ")}, or your own ./file.mjs`)
    .addOption(outOption("where the run goes"))
    .addOption(dataOption("images, volumes or visual words, in any layout; phantoms without it"))
    .option("--stages <list>", "of d, dr, dra, separated by commas")
    .option("--objective <name>", "another than the recipe's, with its published options")
    .addOption(archOption())
    .addOption(sizeOption("views"))
    .addOption(batchOption())
    .addOption(stepsOption("steps per stage, instead of epochs"))
    .addOption(epochsOption("epochs per stage"))
    .addOption(seedOption("decides weights, order and transforms"))
    .addOption(engineOption())
    .addOption(cacheOption())
    .option("--init <checkpoint>", "start the networks from another run's checkpoint")
    .addOption(resumeOption())
    .addOption(setOption("any option of the recipe, e.g. objective.queueSize=512"))
    .action(async (options: Options) => {
      const { recipe, out, resume, set, stages, objective, ...given } = options;
      const config: Record<string, unknown> = { ...(await loadRecipe(recipe)), ...given };
      if (objective !== undefined) config["objective"] = objectiveNamed(objective);
      if (stages !== undefined) config["stages"] = stages.split(",");
      if (given.epochs !== undefined && given.steps === undefined) config["steps"] = null;
      for (const assignment of set) setPath(config, assignment);
      await pretrain(checkConfig(config), out, resume === true);
    });
}
