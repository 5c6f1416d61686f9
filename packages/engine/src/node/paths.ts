import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { EngineError } from "../report.ts";

/** The release of TensorFlow whose libraries are used. */
export const TENSORFLOW_VERSION = "2.21.0";

/** The release of the binding that is compiled. */
export const BINDING_VERSION = "4.22.0";

/** The folder of an installed `@tensorflow/tfjs-node-gpu`. */
export function bindingPackage(): string {
  const require = createRequire(import.meta.url);
  try {
    // Its own package.json is always there, the native part only after a stock install.
    return dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json"));
  } catch {
    throw new EngineError(
      `Engine \`tensorflow\`: @tensorflow/tfjs-node-gpu is not installed. Run \`npm install --ignore-scripts @tensorflow/tfjs-node-gpu@${BINDING_VERSION}\`, then \`dira doctor --fix\`.`,
    );
  }
}

/** Where engines are kept, per user: `$DIRA_CACHE`, else `$XDG_CACHE_HOME/dira`, else `~/.cache/dira`. */
export function cacheFolder(): string {
  const { DIRA_CACHE, XDG_CACHE_HOME } = process.env;
  return join(DIRA_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "dira"), "engines");
}

/** The finished engine's folder, keyed by everything that its binary depends on. */
export function engineFolder(kind: "cpu" | "cuda"): string {
  const { platform, arch, versions } = process;
  const key = `tensorflow-${TENSORFLOW_VERSION}-${kind}-binding-${BINDING_VERSION}-napi${Math.min(8, Number(versions["napi"]))}-${platform}-${arch}`;
  return join(cacheFolder(), key);
}

/** What a finished engine's manifest says; it is written last, so it vouches for the rest. */
export interface Manifest {
  readonly tensorflow: string;
  readonly kind: "cpu" | "cuda";
  /** Size of the binding in bytes, to notice a damaged file. */
  readonly bytes: number;
}

/** The manifest of a finished engine, or undefined. */
export function readManifest(folder: string): Manifest | undefined {
  const path = join(folder, "complete.json");
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Manifest;
  } catch {
    return undefined;
  }
}
