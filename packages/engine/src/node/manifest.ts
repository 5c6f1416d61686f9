import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The compiled binding's file name. */
export const BINDING_FILE = "tfjs_binding.node";

/** What a finished engine's `complete.json` says, besides what it was built from; it is written last, so it vouches for the rest. */
interface Manifest {
  /** Size in bytes of each file that is loaded, by its path in the folder. */
  readonly files: Readonly<Record<string, number>>;
}

/** The state of a cached engine. */
export type CacheState = "absent" | "damaged" | "sound";

/**
 * Writes the manifest of a finished engine.
 *
 * @param paths - the files that are loaded, relative to `folder`.
 * @param about - what it was built from.
 */
export function writeManifest(folder: string, paths: readonly string[], about: object): void {
  const files = Object.fromEntries(paths.map((path) => [path, statSync(join(folder, path)).size]));
  writeFileSync(join(folder, "complete.json"), `${JSON.stringify({ ...about, files })}\n`);
}

/**
 * Whether a cached engine is there and its files have the sizes that its manifest gives.
 *
 * @param file - the one that the manifest must name.
 */
export function cacheState(folder: string, file: string = BINDING_FILE): CacheState {
  const manifest = readManifest(folder);
  if (manifest === undefined) return "absent";
  const files = Object.entries(manifest.files ?? {});
  const sound =
    files.some(([path]) => path === file) &&
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
