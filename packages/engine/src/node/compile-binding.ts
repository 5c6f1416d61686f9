import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildTools } from "./build-tools.ts";
import { KEEP_MEMORY_SOURCE } from "./keep-memory.ts";
import { BINDING_FILE } from "./manifest.ts";
import { Obstacle } from "./obstacle.ts";
import { NAPI_VERSION } from "./paths.ts";
import { run, tellingLine } from "./tools.ts";

/**
 * Compiles the C++ sources of `@tensorflow/tfjs-node-gpu`, and {@link KEEP_MEMORY_SOURCE}, against the
 * libraries in `<work>/site/tensorflow`. Library paths are relative to the binding, so the folder can be moved.
 *
 * @throws Obstacle when the compiler refuses.
 */
export async function compileBinding(
  { compiler, headers }: BuildTools,
  source: string,
  work: string,
): Promise<void> {
  const libraries = join(work, "site", "tensorflow");
  const sources = readdirSync(join(source, "binding"))
    .filter((name) => name.endsWith(".cc"))
    .map((name) => join(source, "binding", name));
  const keepMemory = join(work, "keep-memory.cc");
  writeFileSync(keepMemory, KEEP_MEMORY_SOURCE);
  const folders = ["$ORIGIN/site/tensorflow", ...nvidiaFolders(work)];
  const mode = ["-std=c++17", "-O2", "-fPIC", "-shared", "-w"];
  const defines = [`-DNAPI_VERSION=${NAPI_VERSION}`, "-DBUILDING_NODE_EXTENSION"];
  const outcome = await run(compiler, [
    ...mode,
    ...defines,
    ...["-I", join(libraries, "include"), "-I", headers, "-I", source],
    ...sources,
    keepMemory,
    ...["-L", libraries, "-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2"],
    // The old kind of tag, which also holds for what the libraries open themselves (CUDA's).
    ...["-Wl,--disable-new-dtags", ...folders.map((folder) => `-Wl,-rpath,${folder}`)],
    ...["-o", join(work, BINDING_FILE)],
  ]);
  rmSync(keepMemory);
  if (!outcome.ok) {
    throw new Obstacle(
      `${compiler} could not compile the binding: ${tellingLine(outcome)}`,
      "use g++ 9 or later (set CXX to name one)",
    );
  }
}

function nvidiaFolders(work: string): string[] {
  const nvidia = join(work, "site", "nvidia");
  if (!existsSync(nvidia)) return [];
  return readdirSync(nvidia).map((name) => `$ORIGIN/site/nvidia/${name}/lib`);
}
