import { existsSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../report.ts";
import { BINDING_FILE, cacheState } from "./manifest.ts";
import { engineFolder, stockBinding } from "./paths.ts";
import { whyNotLoadable } from "./probe-binding.ts";

/**
 * The binding to load: a stock install's if it works (tried in a child process), else the cached one.
 *
 * @throws EngineError when there is none, or only a damaged one.
 */
export async function findBinding(packageFolder: string): Promise<string> {
  const stock = stockBinding(packageFolder);
  if (existsSync(stock) && (await whyNotLoadable(stock)) === undefined) return stock;
  for (const kind of ["cuda", "cpu"] as const) {
    const folder = engineFolder(kind);
    const state = cacheState(folder);
    if (state === "sound") return join(folder, BINDING_FILE);
    if (state === "damaged") {
      throw new EngineError(
        `Engine \`tensorflow\`: the build in ${folder} is damaged (file sizes differ from its manifest). Build it again with \`dira doctor --fix\` (in the repository: \`npm run setup\`).`,
      );
    }
  }
  throw new EngineError(
    `Engine \`tensorflow\` is not built yet: there is no ${engineFolder("cpu")}. Build it with \`dira doctor --fix\` (in the repository: \`npm run setup\`).`,
  );
}
