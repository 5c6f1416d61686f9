import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What `complete.json` beside a built addon says. */
interface Build {
  /** Folder of LibTorch, for which it was built. */
  readonly libtorch: string;
  readonly version: string;
}

/** The addon's file name. */
const ADDON_FILE = "torch.node";

/** How builds' folders begin. */
const PREFIX = "torch-";

/**
 * The addon's file: `$DIRA_TORCH_ADDON`, or of those built into the user's cache that for `$LIBTORCH`, or the newest
 * whose LibTorch is still there.
 *
 * @throws Error of one line when there is none.
 */
export function findAddon(): string {
  const { DIRA_TORCH_ADDON: given, LIBTORCH: wanted } = process.env;
  if (given) {
    if (existsSync(given)) return given;
    throw new Error(`@dira/engine-torch: DIRA_TORCH_ADDON names ${given}, which does not exist. Correct it.`);
  }
  const builds = readBuilds(engines()).filter(({ build }) =>
    wanted ? build.libtorch === wanted : existsSync(build.libtorch),
  );
  builds.sort((a, b) => compareVersions(b.build.version, a.build.version));
  const [best] = builds;
  if (best !== undefined) return join(best.folder, ADDON_FILE);
  throw new Error(
    `@dira/engine-torch: there is no addon in ${engines()}${wanted ? ` for the LibTorch in ${wanted}` : ""}. Build it with \`dira doctor --fix\` (in the repository: \`npm run setup\`).`,
  );
}

/** As `@dira/engine` has it. */
function engines(): string {
  const { DIRA_CACHE, XDG_CACHE_HOME } = process.env;
  return join(DIRA_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "dira"), "engines");
}

function readBuilds(parent: string): { readonly folder: string; readonly build: Build }[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => name.startsWith(PREFIX))
    .flatMap((name) => {
      const folder = join(parent, name);
      try {
        const build = JSON.parse(readFileSync(join(folder, "complete.json"), "utf8")) as Build;
        return existsSync(join(folder, ADDON_FILE)) ? [{ folder, build }] : [];
      } catch {
        return []; // being built, or damaged
      }
    });
}

/** Of releases such as 2.13.0 and 2.13.0+cpu. */
function compareVersions(a: string, b: string): number {
  const numbers = (version: string): number[] => version.split(/[.+]/, 3).map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  return left.map((n, i) => n - (right[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
