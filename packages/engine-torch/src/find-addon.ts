import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { ADDON_FILE, buildFolder, builtLibTorches, cacheFolder, isBuilt } from "./builds.ts";
import { type LibTorch, readLibTorch } from "./libtorch.ts";

/**
 * The addon's file: `$DIRA_TORCH_ADDON`, or the build for the LibTorch in `$LIBTORCH`, or of the builds in the user's
 * cache the best: one that can use a GPU before one that can't, then the newest LibTorch.
 *
 * @throws Error of one line when there is none.
 */
export function findAddon(): string {
  const { DIRA_TORCH_ADDON: given, LIBTORCH: wanted } = process.env;
  if (given) return givenAddon(given);
  const builds = wanted ? [wantedLibTorch(wanted)].filter(isBuilt) : builtLibTorches();
  const [best] = builds.sort(
    (a, b) => Number(b.cuda) - Number(a.cuda) || compareVersions(b.version, a.version),
  );
  if (best !== undefined) return join(buildFolder(best), ADDON_FILE);
  const whose = wanted ? ` for the LibTorch in ${wanted}` : "";
  throw new Error(
    `@dira/engine-torch is not built yet: there is no addon of these sources${whose} in ${cacheFolder()}. Build it with \`dira doctor --fix\` (in the repository: \`npm run setup\`), which takes an installed PyTorch or LibTorch.`,
  );
}

function givenAddon(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  // Of any other name, it would be run as JavaScript.
  if (found?.isFile() && file.endsWith(".node")) return resolve(file);
  const why = found === undefined ? "which does not exist" : "which is no addon (a file *.node)";
  throw new Error(
    `@dira/engine-torch: DIRA_TORCH_ADDON names ${file}, ${why}. Correct it, or unset it.`,
  );
}

function wantedLibTorch(folder: string): LibTorch {
  const found = readLibTorch(folder);
  if (found !== undefined) return found;
  throw new Error(
    `@dira/engine-torch: LIBTORCH names ${folder}, where there is no LibTorch (include/torch and lib/libtorch_cpu.so). Correct it.`,
  );
}

/** Of releases such as 2.13.0 and 2.13.0a0. */
function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
