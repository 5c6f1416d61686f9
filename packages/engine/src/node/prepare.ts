import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { firstLine } from "../report.ts";
import { compileBinding, findBuildTools } from "./compile-binding.ts";
import { fetchTensorFlow } from "./fetch-tensorflow.ts";
import { checkNode } from "./load-tensorflow.ts";
import { withLock } from "./lock.ts";
import { BINDING_FILE, cacheState, writeManifest } from "./manifest.ts";
import { Obstacle } from "./obstacle.ts";
import {
  BINDING_VERSION,
  bindingPackage,
  engineFolder,
  type EngineKind,
  stockBinding,
  TENSORFLOW_VERSION,
} from "./paths.ts";
import { whyNotLoadable } from "./probe-binding.ts";
import { run } from "./tools.ts";

/** How preparing the native engine ended. */
export interface PrepareResult {
  readonly ok: boolean;
  /** One line: what is there now, or why it is not and what to do. */
  readonly message: string;
  /** Every step taken, a line each; what `say` received. */
  readonly lines: readonly string[];
  /** Why it is not there, in one line; only when not `ok`. */
  readonly reason?: string;
  /** What to do about it; only when not `ok`. */
  readonly cure?: string;
}

/**
 * Makes the `tensorflow` engine usable: TensorFlow's libraries come from its official wheel, and the
 * binding of `@tensorflow/tfjs-node-gpu` is compiled against them, into the user's cache. Needs no
 * root, and writes nothing into `node_modules`. A working stock install is left as it is, and so is
 * an engine that was prepared before. Never throws for what a machine may lack.
 *
 * Work happens in a folder beside the final one and is renamed when complete, under a lock, so that
 * neither a broken download nor several processes at once can leave a half-made engine. An engine
 * counts as complete after it has loaded in a child process.
 *
 * @param say - receives a line for each longer step.
 */
export async function prepareEngine(
  say: (line: string) => void = () => undefined,
): Promise<PrepareResult> {
  const lines: string[] = [];
  const tell = (line: string): void => {
    lines.push(line);
    say(line);
  };
  try {
    return { ok: true, message: `tensorflow: ready, ${await prepare(tell)}`, lines };
  } catch (error) {
    const reason = firstLine(error);
    // Other errors say themselves what to do.
    const cure = error instanceof Obstacle ? error.cure : "put that right and run this again";
    const advice = error instanceof Obstacle ? `; to have it, ${cure}` : "";
    const message = `tensorflow: not available: ${reason.replace(/\.$/, "")}${advice}. Slower engines will be used.`;
    return { ok: false, message, lines, reason, cure };
  }
}

/** @returns what is ready and where, in a few words. */
async function prepare(say: (line: string) => void): Promise<string> {
  checkNode(process.versions.node);
  const source = bindingPackage();
  const stock = stockBinding(source);
  if (existsSync(stock)) {
    const why = await whyNotLoadable(stock);
    if (why === undefined) return "the stock install of @tensorflow/tfjs-node-gpu";
    say(`tensorflow: the stock install does not load (${why}); building one`);
  }
  if (process.platform !== "linux") {
    throw new Obstacle(
      `building it is supported on Linux, this is ${process.platform}`,
      "use a stock install of @tensorflow/tfjs-node-gpu",
    );
  }
  if (!(await run("nvidia-smi", ["-L"], 60_000)).ok) return prepareKind("cpu", source, say);
  try {
    return await prepareKind("cuda", source, say);
  } catch (error) {
    say(`tensorflow: not for the GPU (${firstLine(error)}); preparing it for the CPU`);
    return prepareKind("cpu", source, say);
  }
}

async function prepareKind(
  kind: EngineKind,
  source: string,
  say: (line: string) => void,
): Promise<string> {
  const folder = engineFolder(kind);
  const ready = `TensorFlow ${TENSORFLOW_VERSION} for the ${kind === "cpu" ? "CPU" : "GPU"} in ${folder}`;
  if ((await whyUnsound(folder)) === undefined) return ready;
  await withLock(
    `${folder}.lock`,
    async () => {
      const why = await whyUnsound(folder);
      if (why === undefined) return;
      if (why !== "absent") say(`tensorflow: the build in ${folder} is ${why}; building it again`);
      await build(source, folder, kind, say);
    },
    (holder) => say(`tensorflow: ${holder} is preparing it; waiting`),
  );
  return ready;
}

/** Why a cached engine can't be used as it is, or undefined. */
async function whyUnsound(folder: string): Promise<string | undefined> {
  const state = cacheState(folder);
  if (state !== "sound") return state;
  const why = await whyNotLoadable(join(folder, BINDING_FILE));
  return why === undefined ? undefined : `not loadable (${why})`;
}

/** Only the holder of the lock calls this. */
async function build(
  source: string,
  folder: string,
  kind: EngineKind,
  say: (line: string) => void,
): Promise<void> {
  const tools = await findBuildTools();
  removeLeftovers(folder);
  const work = `${folder}.tmp-${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    await fetchTensorFlow(work, kind, say);
    say(`tensorflow: compiling tfjs-node-gpu ${BINDING_VERSION}'s binding with ${tools.compiler}`);
    await compileBinding(tools, source, work);
    rmSync(join(work, "site", "tensorflow", "include"), { recursive: true, force: true });
    const why = await whyNotLoadable(join(work, BINDING_FILE));
    if (why !== undefined) {
      throw new Obstacle(
        `the compiled binding does not load: ${why}`,
        "check that processor and C library suit TensorFlow's wheels (x86-64 with AVX, glibc 2.27 or later)",
      );
    }
    writeManifest(work, join("site", "tensorflow"), { tensorflow: TENSORFLOW_VERSION, kind });
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Folders of processes that were ended while building. */
function removeLeftovers(folder: string): void {
  const parent = dirname(folder);
  for (const name of readdirSync(parent)) {
    if (name.startsWith(`${basename(folder)}.tmp-`))
      rmSync(join(parent, name), { recursive: true, force: true });
  }
}
