import type { Config } from "../config/index.ts";
import { UsageError } from "../usage-error.ts";
import { didYouMean } from "../did-you-mean.ts";
import { PUBLISHED } from "../objectives/kinds.ts";
import { readRecipeFile } from "../objectives/recipe-file.ts";
import { dira2dBarlow } from "./dira-2d-barlow.ts";
import { dira2dMocoCode } from "./dira-2d-moco-code.ts";
import { dira2dMoco } from "./dira-2d-moco.ts";
import { dira2dSimSiam } from "./dira-2d-simsiam.ts";
import { dira3dTransVw } from "./dira-3d-transvw.ts";
import { dira3dBarlow, dira3dMoco, dira3dSimSiam } from "./dira-3d-two-views.ts";
import { modelsGenesis } from "./models-genesis.ts";
import { transVwStepwise } from "./transvw-stepwise.ts";
import { transVwRecipe } from "./transvw.ts";

const recipes: Readonly<Record<string, Config>> = Object.fromEntries(
  [
    ...[dira2dMoco, dira2dMocoCode, dira2dBarlow, dira2dSimSiam],
    ...[
      dira3dTransVw,
      transVwRecipe,
      transVwStepwise,
      modelsGenesis,
      dira3dMoco,
      dira3dBarlow,
      dira3dSimSiam,
    ],
  ].map((recipe) => [recipe.recipe, recipe]),
);

/** Names of all recipes. */
export const RECIPES: readonly string[] = Object.keys(recipes);

type Tree = Record<string, unknown>;

/**
 * A recipe by its name, or by the path of one's own file, which changes the recipe that it `extends`.
 * What a file gives is not checked yet.
 *
 * @throws UsageError with the nearest name, or saying what is wrong with the file.
 */
export async function loadRecipe(given: string): Promise<Tree> {
  if (!/[/\\]|\.[cm]?[jt]s$/.test(given)) return { ...recipeNamed(given) };
  const { file, recipe } = await readRecipeFile(given);
  const { extends: base = "dira-2d-moco", ...changes } = recipe;
  const merged = merge({ ...recipeNamed(String(base)) }, changes);
  return { ...merged, recipe: given, recipeFile: file };
}

/** A recipe of this package. @throws UsageError with the nearest name. */
export function recipeNamed(name: string): Config {
  const recipe = recipes[name];
  if (recipe === undefined) {
    throw new UsageError(
      `There is no recipe \`${name}\`.${didYouMean(name, Object.keys(recipes))} A recipe of your own is named by its path: ./mine.mjs.`,
    );
  }
  return structuredClone(recipe);
}

/** The published options of an objective. @throws UsageError with the nearest name. */
export function objectiveNamed(kind: string): Config["objective"] {
  const found = (PUBLISHED as Readonly<Record<string, Config["objective"]>>)[kind];
  if (found !== undefined) return structuredClone(found);
  throw new UsageError(
    `There is no objective \`${kind}\`.${didYouMean(kind, Object.keys(PUBLISHED))}`,
  );
}

/** Objects are merged; another kind of objective replaces the one before. */
function merge(base: Tree, changes: Readonly<Tree>): Tree {
  const result = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const before = base[key];
    const other =
      (key === "objective" || key === "transform") &&
      kindOf(value) !== undefined &&
      kindOf(value) !== kindOf(before);
    const named = other && key === "objective" && !/^(custom|none)$/.test(String(kindOf(value)));
    const known = named ? objectiveNamed(String(kindOf(value))) : {};
    if (other) result[key] = { ...known, ...(value as Tree) };
    else result[key] = isTree(before) && isTree(value) ? merge(before, value) : value;
  }
  return result;
}

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const kindOf = (value: unknown): unknown =>
  isTree(value) && "kind" in value ? value["kind"] : undefined;
