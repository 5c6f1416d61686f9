import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Objective } from "@dira/objectives";
import type { Config } from "../config/index.ts";
import { UsageError } from "../usage-error.ts";
import { makeObjective, type ObjectiveParts } from "./kinds.ts";

/** Makes the objective of a configuration. */
export type ObjectiveMaker = (parts: ObjectiveParts) => Objective | undefined;

/** What a recipe of one's own exports. */
interface RecipeModule {
  /** Changes to the recipe that it `extends`. */
  readonly recipe?: Readonly<Record<string, unknown>>;
  /** Makes the objective, where `recipe.objective.kind` is `custom`. */
  readonly createObjective?: (
    parts: ObjectiveParts & { readonly options: Readonly<Record<string, unknown>> },
  ) => Objective;
}

/** A recipe's file, as a configuration notes it. */
export type RecipeFile = NonNullable<Config["recipeFile"]>;

/** Reads a recipe's file. @throws UsageError when it is missing or exports no recipe. */
export async function readRecipeFile(
  given: string,
): Promise<{ readonly file: RecipeFile; readonly recipe: Readonly<Record<string, unknown>> }> {
  const path = resolve(given);
  const { recipe } = await importRecipe(path);
  if (typeof recipe !== "object" || recipe === null) {
    throw new UsageError(
      `--recipe: ${given} must export \`recipe\`, an object such as { extends: "dira-2d-moco", batch: 32 }.`,
    );
  }
  return { file: { path, sha256: hashOf(path) }, recipe };
}

/**
 * What makes the objective of a configuration: these packages, or the recipe's own file.
 *
 * @throws UsageError when that file is gone, has changed, or makes no objective.
 */
export async function objectiveMaker({ objective, recipeFile }: Config): Promise<ObjectiveMaker> {
  if (objective.kind !== "custom") return (parts) => makeObjective(objective, parts);
  if (recipeFile === null) {
    throw new UsageError("`objective.kind` custom needs a recipe's own file: --recipe ./mine.mjs.");
  }
  const { path, sha256 } = recipeFile;
  const { createObjective } = await importRecipe(path);
  if (hashOf(path) !== sha256) {
    throw new UsageError(`${path} is not as it was when the run started. Put it back.`);
  }
  if (typeof createObjective !== "function") {
    throw new UsageError(`${path} must export the function \`createObjective\`.`);
  }
  return (parts) => checked(path, createObjective({ ...parts, options: objective }));
}

const NEEDED = ["name", "views", "parameters", "buffers", "state", "targets", "loss", "commit"];

function checked(path: string, objective: Objective): Objective {
  const missing = NEEDED.filter(
    (key) => (objective as unknown as Record<string, unknown>)?.[key] === undefined,
  );
  if (missing.length === 0) return objective;
  throw new UsageError(
    `${path}: what \`createObjective\` returns lacks ${missing.join(", ")}; see Objective of @dira/objectives.`,
  );
}

async function importRecipe(path: string): Promise<RecipeModule> {
  if (!existsSync(path)) throw new UsageError(`--recipe: there is no file ${path}.`);
  try {
    return (await import(pathToFileURL(path).href)) as RecipeModule;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--recipe: ${path} could not be loaded (${why}).`);
  }
}

const hashOf = (path: string): string =>
  createHash("sha256").update(readFileSync(path)).digest("hex");
