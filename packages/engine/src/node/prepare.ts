import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  bindingPackage,
  BINDING_VERSION,
  engineFolder,
  type Manifest,
  readManifest,
  TENSORFLOW_VERSION,
} from "./paths.ts";
import { withLock } from "./lock.ts";
import { lastLine, nodeHeaders, pythonsWithPip, run } from "./tools.ts";

/** How preparing the native engine ended. */
export interface PrepareResult {
  readonly ok: boolean;
  /** One line: what is there now, or why it is not and what to do. */
  readonly message: string;
}

/** A step can't be done; the message is one line for people. */
class Obstacle extends Error {}

/**
 * Makes the `tensorflow` engine usable: TensorFlow's libraries come from its official wheel, and the
 * binding of `@tensorflow/tfjs-node-gpu` is compiled against them, into the user's cache. Needs no
 * root. Does nothing when it is there already; never throws for what a machine may lack.
 *
 * Work happens in a folder beside the final one and is renamed when complete, under a lock, so that
 * neither a broken download nor several processes at once can leave a half-made engine.
 *
 * @param say - receives a line for each longer step.
 */
export async function prepareEngine(say: (line: string) => void): Promise<PrepareResult> {
  try {
    const source = bindingPackage();
    if (existsSync(join(source, "lib", "napi-v8", "tfjs_binding.node"))) {
      return {
        ok: true,
        message: "tensorflow: using the stock install of @tensorflow/tfjs-node-gpu",
      };
    }
    const kind = (await run("nvidia-smi", ["-L"])).ok ? "cuda" : "cpu";
    const folder = engineFolder(kind);
    if (isSound(folder)) return { ok: true, message: ready(folder) };
    return await withLock(
      `${folder}.lock`,
      async () => {
        if (!isSound(folder)) await build(source, folder, kind, say);
        return { ok: true, message: ready(folder) };
      },
      (pid) => say(`tensorflow: another process (${pid}) is preparing it; waiting`),
    );
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return {
      ok: false,
      message: `tensorflow: not available (${why}); slower engines will be used`,
    };
  }
}

function ready(folder: string): string {
  return `tensorflow: ready, TensorFlow ${readManifest(folder)?.tensorflow ?? ""} in ${folder}`;
}

function isSound(folder: string): boolean {
  const manifest = readManifest(folder);
  const binding = join(folder, "tfjs_binding.node");
  return manifest !== undefined && existsSync(binding) && statSync(binding).size === manifest.bytes;
}

async function build(
  source: string,
  folder: string,
  kind: Manifest["kind"],
  say: (line: string) => void,
): Promise<void> {
  const headers = nodeHeaders();
  if (headers === undefined)
    throw new Obstacle(
      "Node's headers (node_api.h) were not found; install Node's development files",
    );
  const compiler = await findCompiler();
  removeLeftovers(folder);
  const work = `${folder}.tmp-${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    const site = await fetchTensorFlow(work, kind, say);
    await compile({ compiler, source, headers, work, site, kind, say });
    rmSync(join(work, site, "include"), { recursive: true, force: true });
    const { size } = statSync(join(work, "tfjs_binding.node"));
    const manifest: Manifest = { tensorflow: TENSORFLOW_VERSION, kind, bytes: size };
    writeFileSync(join(work, "complete.json"), `${JSON.stringify(manifest)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function findCompiler(): Promise<string> {
  for (const name of [process.env["CXX"] ?? "g++", "g++", "clang++"]) {
    if ((await run(name, ["--version"])).ok) return name;
  }
  throw new Obstacle("no C++ compiler; install g++ (Debian: apt-get install g++)");
}

/** Folders of processes that were killed while building. Only the lock's holder calls this. */
function removeLeftovers(folder: string): void {
  const parent = dirname(folder);
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    if (name.startsWith(`${basename(folder)}.tmp-`))
      rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/** Installs the wheel into the work folder; returns the folder of its libraries, relative to it. */
async function fetchTensorFlow(
  work: string,
  kind: Manifest["kind"],
  say: (line: string) => void,
): Promise<string> {
  const pythons = await pythonsWithPip();
  if (pythons.length === 0) {
    throw new Obstacle("no python with pip; install one (Debian: apt-get install python3-pip)");
  }
  const wheel = process.env["DIRA_TENSORFLOW_WHEEL"];
  const name = kind === "cuda" ? "tensorflow[and-cuda]" : "tensorflow-cpu";
  const what = wheel ?? `${name}==${TENSORFLOW_VERSION}`;
  say(`tensorflow: fetching ${what} (once per user, about ${kind === "cuda" ? "3 GB" : "270 MB"})`);
  let why = "";
  for (const python of pythons) {
    const deps = kind === "cuda" ? [] : ["--no-deps"];
    const options = ["--only-binary=:all:", "--no-compile", "--disable-pip-version-check", "-q"];
    const target = ["--target", join(work, "site")];
    const outcome = await run(python, [
      "-m",
      "pip",
      "install",
      ...options,
      ...deps,
      ...target,
      what,
    ]);
    if (outcome.ok) {
      prune(join(work, "site", "tensorflow"));
      return join("site", "tensorflow");
    }
    why = lastLine(outcome.output);
    rmSync(join(work, "site"), { recursive: true, force: true });
  }
  throw new Obstacle(`the wheel ${what} could not be installed: ${why}`);
}

/** Keeps the two libraries and the headers: the rest of the wheel is Python. */
function prune(tensorflow: string): void {
  const keep = new Set(["include", "libtensorflow_cc.so.2", "libtensorflow_framework.so.2"]);
  for (const name of readdirSync(tensorflow)) {
    if (!keep.has(name)) rmSync(join(tensorflow, name), { recursive: true, force: true });
  }
}

interface CompileInput {
  readonly compiler: string;
  readonly source: string;
  readonly headers: string;
  readonly work: string;
  readonly site: string;
  readonly kind: Manifest["kind"];
  readonly say: (line: string) => void;
}

async function compile(input: CompileInput): Promise<void> {
  const { compiler, source, headers, work, site, kind } = input;
  input.say(
    `tensorflow: compiling the binding of tfjs-node-gpu ${BINDING_VERSION} with ${compiler}`,
  );
  const libraries = join(work, site);
  const sources = readdirSync(join(source, "binding"))
    .filter((name) => name.endsWith(".cc"))
    .map((name) => join(source, "binding", name));
  const nvidia = join(work, "site", "nvidia");
  const cuda =
    kind === "cuda" && existsSync(nvidia)
      ? readdirSync(nvidia).map((name) => `-Wl,-rpath,$ORIGIN/site/nvidia/${name}/lib`)
      : [];
  const { ok, output } = await run(compiler, [
    ...[
      "-std=c++17",
      "-O2",
      "-fPIC",
      "-shared",
      "-w",
      "-DNAPI_VERSION=8",
      "-DBUILDING_NODE_EXTENSION",
    ],
    ...["-I", join(libraries, "include"), "-I", headers, "-I", source],
    ...sources,
    ...["-L", libraries, "-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2"],
    ...[`-Wl,-rpath,$ORIGIN/${site}`, ...cuda],
    ...["-o", join(work, "tfjs_binding.node")],
  ]);
  if (!ok) throw new Obstacle(`the binding could not be compiled: ${lastLine(output)}`);
}
