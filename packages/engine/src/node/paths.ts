import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { EngineError } from "../report.ts";

/** The release of TensorFlow whose libraries are used. */
export const TENSORFLOW_VERSION = "2.21.0";

/** The release of the binding that is compiled. */
export const BINDING_VERSION = "4.22.0";

/** The version of Node-API that the binding is compiled for. */
export const NAPI_VERSION = 8;

/** Counts changes in how the binding is built, so that older builds are not taken for it. */
const BUILD_REVISION = 2;

/** Built for a GPU or not. */
export type EngineKind = "cpu" | "cuda";

/** The folder of an installed `@tensorflow/tfjs-node-gpu`. */
export function bindingPackage(): string {
  const require = createRequire(import.meta.url);
  try {
    // Its own package.json is always there, the native part only after a stock install.
    return dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json"));
  } catch {
    throw new EngineError(
      `Engine \`tensorflow\`: @tensorflow/tfjs-node-gpu is not installed. Run \`npm install --ignore-scripts @tensorflow/tfjs-node-gpu@${BINDING_VERSION}\`, then prepare it (\`dira doctor --fix\`).`,
    );
  }
}

/** Where a stock install of `@tensorflow/tfjs-node-gpu` has its binding. */
export function stockBinding(packageFolder: string): string {
  return join(packageFolder, "lib", `napi-v${NAPI_VERSION}`, "tfjs_binding.node");
}

/** Where engines are kept, per user: `$DIRA_CACHE`, else `$XDG_CACHE_HOME/dira`, else `~/.cache/dira`. */
export function cacheFolder(): string {
  const { DIRA_CACHE, XDG_CACHE_HOME } = process.env;
  const root = DIRA_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "dira");
  return join(root, "engines");
}

/** The finished engine's folder, keyed by everything that its binary depends on. */
export function engineFolder(kind: EngineKind): string {
  const { platform, arch } = process;
  return join(
    cacheFolder(),
    `tensorflow-${TENSORFLOW_VERSION}-${kind}-binding-${BINDING_VERSION}-napi${NAPI_VERSION}-build${BUILD_REVISION}-${platform}-${arch}`,
  );
}
