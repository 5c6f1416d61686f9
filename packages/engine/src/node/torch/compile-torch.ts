import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { LibTorch } from "@dira/engine-torch/build";
import type { BuildTools } from "../build-tools.ts";
import { Obstacle } from "../obstacle.ts";
import { run, tellingLine } from "../tools.ts";
import { hasCxx11Abi } from "./cxx11-abi.ts";
import type { TorchPackage } from "./torch-package.ts";

/** LibTorch's headers ask for the first up to some release, for the second from then on. */
const STANDARDS = ["c++17", "c++20"] as const;

/**
 * Compiles the addon of `@dira/engine-torch` against a LibTorch, into `work`. The libraries stay where they are.
 *
 * @throws Obstacle when the compiler refuses.
 */
export async function compileTorch(
  { compiler, headers }: BuildTools,
  libtorch: LibTorch,
  { ADDON_FILE, NAPI_VERSION, NATIVE_FOLDER }: TorchPackage,
  work: string,
): Promise<void> {
  const sources = readdirSync(NATIVE_FOLDER).filter((name) => name.endsWith(".cc"));
  const abi = hasCxx11Abi(libtorch.libraries) ? 1 : 0;
  const given = [
    ...["-O2", "-fPIC", "-shared", "-w"],
    ...[`-DNAPI_VERSION=${NAPI_VERSION}`, `-D_GLIBCXX_USE_CXX11_ABI=${abi}`],
    ...[headers, ...libtorch.includes, NATIVE_FOLDER].flatMap((folder) => ["-I", folder]),
    ...sources.map((name) => join(NATIVE_FOLDER, name)),
    ...linking(libtorch),
    ...["-o", join(work, ADDON_FILE)],
  ];
  let why = "";
  for (const standard of STANDARDS) {
    const outcome = await run(compiler, [`-std=${standard}`, ...given]);
    if (outcome.ok) return;
    why = tellingLine(outcome);
  }
  throw new Obstacle(
    `${compiler} could not compile the addon for the LibTorch in ${libtorch.folder}: ${why}`,
    "use g++ 9 or later (set CXX to name one)",
  );
}

function linking({ libraries, cuda }: LibTorch): string[] {
  // Nothing of the addon's refers to CUDA's library; once loaded, it registers its kernels with the others.
  const gpu = cuda ? ["-Wl,--no-as-needed", "-ltorch_cuda", "-lc10_cuda"] : [];
  return ["-L", libraries, "-ltorch_cpu", "-lc10", ...gpu, `-Wl,-rpath,${libraries}`];
}
