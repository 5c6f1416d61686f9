import type * as door from "@dira/engine-torch/build";
import { EngineError, firstLine } from "../../report.ts";

/** What `@dira/engine-torch` knows of building its addon. */
export type TorchPackage = typeof door;

/**
 * Loads the part of `@dira/engine-torch` that builds and finds its addon, and registers nothing.
 *
 * @throws EngineError when the package, an optional peer, is not installed.
 */
export async function torchPackage(): Promise<TorchPackage> {
  return import("@dira/engine-torch/build").catch((error: unknown) => {
    throw new EngineError(
      `Engine \`torch\`: @dira/engine-torch could not be loaded (${firstLine(error)}). Run \`npm install @dira/engine-torch\`, then prepare it (\`dira doctor --fix\`).`,
    );
  });
}
