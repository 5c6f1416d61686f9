import { createRequire } from "node:module";
import { findAddon } from "./find-addon.ts";

/**
 * Loads the addon that {@link findAddon} names.
 *
 * @throws Error of one line when there is none or it does not load, saying why and what to do.
 */
export function loadAddon(): object {
  const file = findAddon();
  const loaded = load(file);
  if (typeof loaded === "object" && loaded !== null && "about" in loaded) return loaded;
  throw new Error(refusal(file, "it is an addon of something else"));
}

function load(file: string): unknown {
  try {
    return createRequire(import.meta.url)(file) as unknown;
  } catch (error) {
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new Error(refusal(file, line.replace(`${file}: `, "")));
  }
}

function refusal(file: string, why: string): string {
  const { DIRA_TORCH_ADDON: given, LD_LIBRARY_PATH: path } = process.env;
  const cure = given
    ? "Unset DIRA_TORCH_ADDON, or let it name an addon that was built on this machine for a LibTorch that is still there."
    : "Build it again with `dira doctor --fix` (in the repository: `npm run setup`).";
  // It comes before where the addon's own LibTorch is.
  const other = path ? ` See that LD_LIBRARY_PATH (${path}) leads to no other LibTorch.` : "";
  return `@dira/engine-torch: ${file} does not load (${why}). ${cure}${other}`;
}
