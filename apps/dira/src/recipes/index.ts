import { type Config, UsageError } from "../config.ts";
import { didYouMean } from "../did-you-mean.ts";
import { dira2dMocoCode } from "./dira-2d-moco-code.ts";
import { dira2dMoco } from "./dira-2d-moco.ts";

const recipes: Readonly<Record<string, Config>> = {
  [dira2dMoco.recipe]: dira2dMoco,
  [dira2dMocoCode.recipe]: dira2dMocoCode,
};

/** A recipe by its name. @throws UsageError with the nearest name. */
export function recipeNamed(name: string): Config {
  const recipe = recipes[name];
  if (recipe === undefined) {
    throw new UsageError(
      `There is no recipe \`${name}\`.${didYouMean(name, Object.keys(recipes))}`,
    );
  }
  return structuredClone(recipe);
}
