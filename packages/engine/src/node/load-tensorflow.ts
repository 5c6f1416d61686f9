import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { EngineError } from "../report.ts";
import { bindingPackage, engineFolder, readManifest } from "./paths.ts";

/**
 * Loads `@tensorflow/tfjs-node-gpu` with a stock binding where there is one, else with the one that
 * was compiled into the user's cache.
 *
 * The package asks node-pre-gyp where its binding is; for the time of loading, that question is
 * answered with the cached file, so nothing is written into `node_modules`.
 *
 * @throws EngineError when there is no binding, it is damaged, or this Node is not supported.
 */
export function loadTensorFlow(): { version: string; device: "CPU" | "GPU" } {
  if (Number(process.versions.node.split(".")[0]) >= 23) {
    throw new EngineError(
      `Engine \`tensorflow\`: @tensorflow/tfjs-node-gpu does not run on Node ${process.versions.node}; use Node 20 or 22.`,
    );
  }
  const folder = bindingPackage();
  const binding = findBinding(folder);
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  process.env["TF_ENABLE_ONEDNN_OPTS"] ??= "1"; // the default, said aloud, silences a notice
  const require = createRequire(join(folder, "package.json"));
  const id = require.resolve("@mapbox/node-pre-gyp");
  const original: unknown = require(id);
  const module = require.cache[id] as NodeJS.Module;
  module.exports = { find: () => binding };
  try {
    require(folder);
  } catch (error) {
    const line = (error instanceof Error ? error.message : String(error)).split("\n")[0];
    throw new EngineError(
      `Engine \`tensorflow\` could not be loaded from ${binding} (${line}). Run \`dira doctor --fix\` to build it again.`,
    );
  } finally {
    module.exports = original;
  }
  const backend = tf.findBackend("tensorflow") as unknown as {
    readonly isUsingGpuDevice?: boolean;
    readonly binding?: { readonly TF_Version?: string };
  } | null;
  const device = backend?.isUsingGpuDevice === true ? "GPU" : "CPU";
  return { version: `TensorFlow ${backend?.binding?.TF_Version ?? "of unknown version"}`, device };
}

/** The file to load: a stock install's, else the cache's. */
function findBinding(packageFolder: string): string {
  const stock = join(packageFolder, "lib", "napi-v8", "tfjs_binding.node");
  if (existsSync(stock)) return stock;
  for (const kind of ["cuda", "cpu"] as const) {
    const folder = engineFolder(kind);
    const manifest = readManifest(folder);
    if (manifest === undefined) continue;
    const path = join(folder, "tfjs_binding.node");
    if (existsSync(path) && statSync(path).size === manifest.bytes) return path;
    throw new EngineError(
      `Engine \`tensorflow\`: the cached binding ${path} is damaged. Run \`dira doctor --fix\` to build it again.`,
    );
  }
  throw new EngineError(
    "Engine `tensorflow` is not built yet. Run `dira doctor --fix` (here: `npm run setup`).",
  );
}
