import type { Command } from "commander";
import { collect, sides, whole } from "../arguments.ts";
import { checkConfig, setPath } from "../config/index.ts";
import { loadRecipe, objectiveNamed, RECIPES } from "../recipes/index.ts";
import { pretrain } from "./pretrain.ts";

interface Options {
  readonly recipe: string;
  readonly out: string;
  readonly data?: string;
  readonly stages?: string;
  readonly objective?: string;
  readonly arch?: string;
  readonly size?: number | number[];
  readonly batch?: number;
  readonly steps?: number;
  readonly epochs?: number;
  readonly seed?: number;
  readonly engine?: string;
  readonly cache?: string;
  readonly init?: string;
  readonly resume?: boolean;
  readonly set: string[];
}

/** Adds `pretrain` to the program. */
export function addPretrainCommand(program: Command): void {
  program
    .command("pretrain")
    .description("pre-train an encoder and decoder through the stages of a recipe")
    .requiredOption("--recipe <name>", `${RECIPES.join(", ")}, or your own ./file.mjs`)
    .requiredOption("--out <folder>", "where the run goes")
    .option(
      "--data <folder>",
      "images, volumes or visual words, in any layout; phantoms without it",
    )
    .option("--stages <list>", "of d, dr, dra, separated by commas")
    .option("--objective <name>", "another than the recipe's, with its published options")
    .option("--arch <name>", "resnet18, resnet34, resnet50 or u-net")
    .option("--size <pixels>", "side of the views, or depth,height,width of cubes", sides)
    .option("--batch <images>", "images a step", whole)
    .option("--steps <number>", "steps per stage, instead of epochs", whole)
    .option("--epochs <number>", "epochs per stage", whole)
    .option("--seed <number>", "decides weights, order and transforms", whole)
    .option("--engine <name>", "auto, torch, tensorflow, wasm or cpu")
    .option("--cache <folder>", "keep decoded images there for the next run")
    .option("--init <checkpoint>", "start the networks from another run's checkpoint")
    .option("--resume", "go on with the run in --out")
    .option(
      "--set <path=value>",
      "any option of the recipe, e.g. objective.queueSize=512; repeatable",
      collect,
      [],
    )
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
