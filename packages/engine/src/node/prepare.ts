import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { firstLine } from "../report.ts";
import { buildOnce } from "./build-once.ts";
import { findBuildTools } from "./build-tools.ts";
import { compileBinding } from "./compile-binding.ts";
import { fetchTensorFlow } from "./fetch-tensorflow.ts";
import { checkNode } from "./load-tensorflow.ts";
import { BINDING_FILE, writeManifest } from "./manifest.ts";
import { Obstacle } from "./obstacle.ts";
import {
  BINDING_VERSION,
  bindingPackage,
  engineFolder,
  type EngineKind,
  stockBinding,
  TENSORFLOW_VERSION,
} from "./paths.ts";
import { type PrepareResult, resultOf } from "./prepare-result.ts";
import { whyNotLoadable } from "./probe-binding.ts";
import { run } from "./tools.ts";

/**
 * Makes the `tensorflow` engine usable: TensorFlow's libraries come from its official wheel, and the
 * binding of `@tensorflow/tfjs-node-gpu` is compiled against them, into the user's cache. Needs no
 * root, and writes nothing into `node_modules`. A working stock install is left as it is, and so is
 * an engine that was prepared before. Never throws for what a machine may lack.
 *
 * It is built once (`buildOnce`), and counts as complete after it has loaded in a child process.
 *
 * @param say - receives a line for each longer step.
 */
export function prepareEngine(
  say: (line: string) => void = () => undefined,
): Promise<PrepareResult> {
  return resultOf("tensorflow", say, prepare);
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
  await buildOnce(
    { engine: "tensorflow", folder, file: BINDING_FILE },
    (work) => build(source, work, kind, say),
    say,
  );
  return ready;
}

async function build(
  source: string,
  work: string,
  kind: EngineKind,
  say: (line: string) => void,
): Promise<void> {
  const tools = await findBuildTools();
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
  writeManifest(work, [BINDING_FILE, ...librariesIn(work)], {
    tensorflow: TENSORFLOW_VERSION,
    kind,
  });
}

/** TensorFlow's libraries, relative to the folder. */
function librariesIn(work: string): string[] {
  const libraries = join("site", "tensorflow");
  return readdirSync(join(work, libraries))
    .filter((name) => name.includes(".so"))
    .map((name) => join(libraries, name));
}
