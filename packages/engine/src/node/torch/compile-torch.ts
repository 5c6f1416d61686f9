import { readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { LibTorch } from "@dira/engine-torch/build";
import type { BuildTools } from "../build-tools.ts";
import { Obstacle } from "../obstacle.ts";
import { type Outcome, run, tellingLine } from "../tools.ts";
import { hasCxx11Abi } from "./cxx11-abi.ts";
import type { TorchPackage } from "./torch-package.ts";

/** LibTorch's headers ask for the first up to some release, for the second from then on. */
const STANDARDS = ["c++17", "c++20"] as const;

/** A way to compile the addon. */
interface Attempt {
  readonly standard: (typeof STANDARDS)[number];
  readonly nccl: boolean;
}

/**
 * Compiles the addon of `@dira/engine-torch` against a LibTorch, into `work`: as many sources at once as there are
 * processors. The libraries stay where they are.
 *
 * @param options - how it is compiled and linked, besides what every build needs; default: optimised.
 * @returns whether it has NCCL: where that can't be compiled in, the addon is compiled without.
 * @throws Obstacle when the compiler refuses.
 */
export async function compileTorch(
  { compiler, headers }: BuildTools,
  libtorch: LibTorch,
  { ADDON_FILE, NAPI_VERSION, NATIVE_FOLDER }: TorchPackage,
  work: string,
  options: readonly string[] = ["-O2"],
): Promise<boolean> {
  const names = readdirSync(NATIVE_FOLDER).filter((name) => name.endsWith(".cc"));
  const object = (name: string): string => join(work, `${name}.o`);
  const common = [...options, `-DNAPI_VERSION=${NAPI_VERSION}`];
  const folders = [headers, NATIVE_FOLDER].flatMap((folder) => ["-I", folder]);
  const linked = async (): Promise<Outcome | undefined> => {
    const inputs = [...names.map(object), ...linking(libtorch)];
    const how = [...options, "-shared"];
    const outcome = await run(compiler, [...how, ...inputs, "-o", join(work, ADDON_FILE)]);
    for (const name of names) rmSync(object(name));
    return outcome.ok ? undefined : outcome;
  };
  let failed: Outcome | undefined;
  for (const attempt of attemptsOf(libtorch)) {
    const flags = [...common, ...folders, ...flagsOf(attempt, libtorch)];
    failed = await firstFailure(names, (name) =>
      run(compiler, [...flags, "-c", join(NATIVE_FOLDER, name), "-o", object(name)]),
    );
    failed ??= await linked();
    if (failed === undefined) return attempt.nccl;
    // Another attempt would fail in the same way, or pass for the wrong reason.
    if (lackOf(tellingLine(failed)) !== undefined) break;
  }
  const why = failed === undefined ? "it has no sources" : tellingLine(failed);
  throw new Obstacle(
    `${compiler} could not compile the addon for the LibTorch in ${libtorch.folder}: ${why}`,
    lackOf(why) ?? "use g++ 9 or later (set CXX to name one)",
  );
}

function attemptsOf({ nccl }: LibTorch): Attempt[] {
  const ways = nccl === undefined ? [false] : [true, false];
  return ways.flatMap((nccl) => STANDARDS.map((standard) => ({ standard, nccl })));
}

function flagsOf({ standard, nccl }: Attempt, libtorch: LibTorch): string[] {
  const abi = hasCxx11Abi(libtorch.libraries) ? 1 : 0;
  const folders = [...libtorch.includes, ...((nccl && libtorch.nccl?.includes) || [])];
  return [
    ...[`-std=${standard}`, "-fPIC", "-w", `-D_GLIBCXX_USE_CXX11_ABI=${abi}`],
    ...(nccl ? ["-DUSE_C10D_NCCL"] : []),
    ...folders.flatMap((folder) => ["-I", folder]),
  ];
}

/** What to do where the machine lacks something; undefined where it is not that. */
function lackOf(why: string): string | undefined {
  if (/no space left|quota exceeded|read-only file system/i.test(why))
    return "free some space, or set DIRA_CACHE and TMPDIR to folders that have 100 MB";
  // The compiler says so of a part of it that the system ended for want of memory.
  if (/killed|SIGKILL|out of memory|cannot allocate/i.test(why))
    return "close other programs: compiling takes 2 GB of memory";
  return undefined;
}

/** Runs for each name, several at once; after a failure no more are begun. */
async function firstFailure(
  names: readonly string[],
  start: (name: string) => Promise<Outcome>,
): Promise<Outcome | undefined> {
  const left = [...names];
  let failed: Outcome | undefined;
  const take = async (): Promise<void> => {
    for (let name = left.pop(); name !== undefined && failed === undefined; name = left.pop()) {
      const outcome = await start(name);
      if (!outcome.ok) failed ??= outcome;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, take));
  return failed;
}

function linking({ libraries, cuda }: LibTorch): string[] {
  // Nothing of the addon's refers to CUDA's library; once loaded, it registers its kernels with the others.
  const gpu = cuda ? ["-Wl,--no-as-needed", "-ltorch_cuda", "-lc10_cuda"] : [];
  return ["-L", libraries, "-ltorch_cpu", "-lc10", ...gpu, `-Wl,-rpath,${libraries}`];
}
