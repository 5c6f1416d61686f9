import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { EngineError, firstLine } from "../report.ts";
import { findBinding } from "./find-binding.ts";
import { bindingPackage } from "./paths.ts";

/**
 * Loads `@tensorflow/tfjs-node-gpu` with a working stock binding where there is one, else with the
 * one that was compiled into the user's cache.
 *
 * @throws EngineError when there is no binding, it is damaged, or this Node is not supported.
 */
export async function loadTensorFlow(): Promise<{
  version: string;
  device: "CPU" | "GPU";
  threads: number;
}> {
  checkNode(process.versions.node);
  const folder = bindingPackage();
  if (tf.findBackend("tensorflow") === null) {
    const binding = await findBinding(folder);
    // Of what TensorFlow says while it loads, keep the errors.
    process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
    requireWith(folder, binding);
  }
  const backend = tf.findBackend("tensorflow") as unknown as {
    readonly isUsingGpuDevice?: boolean;
    readonly binding?: { readonly TF_Version?: string };
  } | null;
  if (backend === null) {
    throw new EngineError(
      `Engine \`tensorflow\`: ${folder} registered itself with another copy of TensorFlow.js than yours. Install @tensorflow/tfjs once, in the version that @tensorflow/tfjs-node-gpu asks for (\`npm dedupe\`).`,
    );
  }
  return {
    version: `TensorFlow ${backend.binding?.TF_Version ?? "of unknown version"}`,
    device: backend.isUsingGpuDevice === true ? "GPU" : "CPU",
    threads: Number(process.env["TF_NUM_INTRAOP_THREADS"]) || availableParallelism(),
  };
}

/**
 * Refuses Node releases on which the package breaks.
 *
 * @throws EngineError for Node 23 and later.
 */
export function checkNode(version: string): void {
  if (Number(version.split(".")[0]) >= 23) {
    throw new EngineError(
      `Engine \`tensorflow\`: @tensorflow/tfjs-node-gpu does not run on Node ${version} (it uses functions that Node 23 removed). Use Node 20 or 22.`,
    );
  }
}

/**
 * The package asks node-pre-gyp where its binding is; for the time of loading, that question is
 * answered with `binding`, so nothing is written into `node_modules`.
 */
function requireWith(folder: string, binding: string): void {
  const require = createRequire(join(folder, "package.json"));
  const id = require.resolve("@mapbox/node-pre-gyp");
  const original: unknown = require(id);
  const module = require.cache[id] as NodeJS.Module;
  module.exports = { find: () => binding };
  try {
    require(folder);
  } catch (error) {
    throw new EngineError(
      `Engine \`tensorflow\` could not be loaded from ${binding} (${firstLine(error)}). Build it again with \`dira doctor --fix\` (in the repository: \`npm run setup\`).`,
    );
  } finally {
    module.exports = original;
  }
}
