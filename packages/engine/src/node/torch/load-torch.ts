import type { LoadedLibTorch } from "@dira/engine-torch";
import * as tf from "@tensorflow/tfjs";
import { EngineError, firstLine } from "../../report.ts";
import { torchPackage } from "./torch-package.ts";

/**
 * Loads the addon that was built and registers the backend.
 *
 * @throws EngineError when none is built, or it does not load.
 */
export async function loadTorch(): Promise<{
  version: string;
  device: "CPU" | "GPU";
  threads: number;
}> {
  const { version, device, threads } = await load(await addonFile());
  if (tf.findBackendFactory("torch") === null) {
    throw new EngineError(
      "Engine `torch`: @dira/engine-torch registered itself with another copy of TensorFlow.js than yours. Install @tensorflow/tfjs once (`npm dedupe`).",
    );
  }
  return { version: `LibTorch ${version}`, device: device === "cpu" ? "CPU" : "GPU", threads };
}

/**
 * The addon's file.
 *
 * @throws EngineError when none is built.
 */
export async function addonFile(): Promise<string> {
  const { findAddon } = await torchPackage();
  try {
    return findAddon();
  } catch (error) {
    throw new EngineError(`Engine \`torch\`: ${firstLine(error)}`);
  }
}

async function load(file: string): Promise<LoadedLibTorch> {
  try {
    // Only now: importing it registers the backend.
    return (await import("@dira/engine-torch")).loadLibTorch();
  } catch (error) {
    const why = firstLine(error);
    // The package's own errors name the file and say what to do.
    throw new EngineError(
      why.startsWith("@dira/engine-torch:")
        ? `Engine \`torch\`: ${why}`
        : `Engine \`torch\` could not be loaded from ${file} (${why}). Build it again with \`dira doctor --fix\` (in the repository: \`npm run setup\`).`,
    );
  }
}
