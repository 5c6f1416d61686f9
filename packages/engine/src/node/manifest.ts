import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineKind } from "./paths.ts";

/** The compiled binding's file name. */
export const BINDING_FILE = "tfjs_binding.node";

/** What a finished engine's `complete.json` says; it is written last, so it vouches for the rest. */
export interface Manifest {
  readonly tensorflow: string;
  readonly kind: EngineKind;
  /** Size in bytes of each file that is loaded, by its path in the folder. */
  readonly files: Readonly<Record<string, number>>;
}

/** The state of a cached engine. */
export type CacheState = "absent" | "damaged" | "sound";

/** Writes the manifest of the binding and of the libraries in `libraries` (relative to `folder`). */
export function writeManifest(
  folder: string,
  libraries: string,
  about: Omit<Manifest, "files">,
): void {
  const names = readdirSync(join(folder, libraries)).filter((name) => name.includes(".so"));
  const paths = [BINDING_FILE, ...names.map((name) => join(libraries, name))];
  const files = Object.fromEntries(paths.map((path) => [path, statSync(join(folder, path)).size]));
  writeFileSync(join(folder, "complete.json"), `${JSON.stringify({ ...about, files })}\n`);
}

/** Whether a cached engine is there and its files have the sizes that its manifest gives. */
export function cacheState(folder: string): CacheState {
  const manifest = readManifest(folder);
  if (manifest === undefined) return "absent";
  const files = Object.entries(manifest.files ?? {});
  const sound =
    files.some(([path]) => path === BINDING_FILE) &&
    files.every(
      ([path, bytes]) => statSync(join(folder, path), { throwIfNoEntry: false })?.size === bytes,
    );
  return sound ? "sound" : "damaged";
}

/** A manifest that can't be read, or isn't one, has no files: a damaged engine. A missing one: none. */
function readManifest(folder: string): Partial<Manifest> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, "complete.json"), "utf8"));
    return typeof value === "object" && value !== null ? value : {};
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? undefined : {};
  }
}
