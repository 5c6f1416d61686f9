import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LibTorch, readLibTorch } from "./libtorch.ts";

/** The compiled addon's file name. */
export const ADDON_FILE = "torch.node";

/** The version of Node-API that the addon is compiled for: one build serves every Node that has it. */
export const NAPI_VERSION = 8;

/** Counts changes in how the addon is compiled, so that older builds are not taken for it. */
const BUILD_REVISION = 1;

/** How the names of builds' folders begin. */
const PREFIX = "torch-";

/** A build is complete when this is in its folder; it says for which LibTorch it was made. */
const MANIFEST = "complete.json";

/** What of the manifest is read here. */
interface Manifest {
  readonly libtorch: string;
}

/** The folder of the C++ that the addon is compiled from: each `.cc` in it, with the folder among the includes. */
export const NATIVE_FOLDER: string = join(
  dirname(dirname(fileURLToPath(import.meta.url))),
  "native",
);

/**
 * Where the addon for a LibTorch is, or will be: in the user's cache, under a name that changes with everything the
 * addon depends on. Who builds and who loads it both ask here, so a build of other sources or of a LibTorch that was
 * replaced is not taken.
 */
export function buildFolder({ folder, version, cuda, nccl }: LibTorch): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([folder, version, cuda, nccl?.version, NAPI_VERSION, BUILD_REVISION]));
  for (const file of sources())
    hash.update(`\0${file}\0`).update(readFileSync(join(NATIVE_FOLDER, file)));
  const key = hash.digest("hex").slice(0, 12);
  const name = `${PREFIX}${version}-${key}-${process.platform}-${process.arch}`;
  return join(cacheFolder(), name);
}

function sources(): string[] {
  return readdirSync(NATIVE_FOLDER, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(cc|h)$/.test(file))
    .sort();
}

/** Whether the addon for a LibTorch is complete. */
export function isBuilt(libtorch: LibTorch): boolean {
  const folder = buildFolder(libtorch);
  return [MANIFEST, ADDON_FILE].every((file) => existsSync(join(folder, file)));
}

/** Every LibTorch that is still there and has its addon in the user's cache. */
export function builtLibTorches(): LibTorch[] {
  const cache = cacheFolder();
  if (!existsSync(cache)) return [];
  const folders = readdirSync(cache)
    .filter((name) => name.startsWith(PREFIX))
    .flatMap((name) => manifestOf(join(cache, name))?.libtorch ?? []);
  return [...new Set(folders)].flatMap((folder) => readLibTorch(folder) ?? []).filter(isBuilt);
}

/** Where engines are kept, as `@dira/engine` has it. */
export function cacheFolder(): string {
  const { DIRA_CACHE, XDG_CACHE_HOME } = process.env;
  return join(DIRA_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "dira"), "engines");
}

/** Undefined for a build that is being made, or is damaged. */
function manifestOf(folder: string): Manifest | undefined {
  try {
    const { libtorch } = JSON.parse(readFileSync(join(folder, MANIFEST), "utf8")) as Manifest;
    return typeof libtorch === "string" ? { libtorch } : undefined;
  } catch {
    return undefined;
  }
}
