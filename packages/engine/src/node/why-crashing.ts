import { existsSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import type { EngineName } from "../report.ts";
import { BINDING_FILE, cacheState } from "./manifest.ts";
import { engineFolder } from "./paths.ts";
import { whyNotLoadable } from "./probe-binding.ts";
import { addonFile } from "./torch/load-torch.ts";

/**
 * Why a native engine can't be loaded into this process without harm, tried in a child process; undefined where it
 * can, or where it is not built, which starting it says.
 */
export async function whyCrashing(name: EngineName): Promise<string | undefined> {
  // What runs here has loaded.
  if (name in tf.engine().registry) return undefined;
  const file = await nativeFile(name);
  if (file === undefined) return undefined;
  const why = await whyNotLoadable(file);
  return why === undefined
    ? undefined
    : `Engine \`${name}\`: ${file} does not load (${why}). Build it again with \`dira doctor --fix\`.`;
}

/** What is loaded for an engine, if it is native and built. */
async function nativeFile(name: EngineName): Promise<string | undefined> {
  if (name === "torch") return addonFile().catch(() => undefined);
  return name === "tensorflow" ? bindingFile() : undefined;
}

/** The binding of `tensorflow` in the cache, if it is whole. */
function bindingFile(): string | undefined {
  return (["cuda", "cpu"] as const)
    .filter((kind) => cacheState(engineFolder(kind)) === "sound")
    .map((kind) => join(engineFolder(kind), BINDING_FILE))
    .find((file) => existsSync(file));
}
