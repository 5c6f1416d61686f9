import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** A LibTorch with all that an addon is compiled and linked with. */
export interface LibTorch {
  /** Holds `include/` and a folder of libraries, free of links: a torch wheel's, an unpacked archive's, `/usr`. */
  readonly folder: string;
  readonly includes: readonly string[];
  readonly libraries: string;
  /** As its headers have it, e.g. `2.13.0`. */
  readonly version: string;
  /** It also computes on NVIDIA's GPUs. */
  readonly cuda: boolean;
  /** The NCCL that this LibTorch was built with, where its headers are there. */
  readonly nccl: Nccl | undefined;
}

/** NCCL's headers, and those of CUDA that they need. */
export interface Nccl {
  readonly includes: readonly string[];
  /** E.g. `2.30.7`. */
  readonly version: string;
}

/** Where a distribution keeps libraries of each processor. */
const TRIPLETS: Readonly<Record<string, string>> = {
  x64: "x86_64-linux-gnu",
  arm64: "aarch64-linux-gnu",
};

/** Where the version is: the first since 2.9, the second before. */
const VERSION_HEADERS: readonly string[] = [
  "torch/headeronly/version.h",
  "torch/csrc/api/include/torch/version.h",
];

/** The LibTorch in a folder, or undefined where there is none to compile with. */
export function readLibTorch(given: string): LibTorch | undefined {
  if (!existsSync(given)) return undefined;
  const folder = realpathSync(given);
  const include = join(folder, "include");
  const libraries = ["lib", "lib64", join("lib", TRIPLETS[process.arch] ?? "")]
    .map((name) => join(folder, name))
    .find((path) => existsSync(join(path, "libtorch_cpu.so")));
  const version = readVersion(include);
  if (libraries === undefined || version === undefined) return undefined;
  const cuda = existsSync(join(libraries, "libtorch_cuda.so"));
  return {
    folder,
    includes: [include, join(include, "torch", "csrc", "api", "include")],
    libraries,
    version,
    cuda,
    nccl: cuda ? readNccl(folder) : undefined,
  };
}

function readVersion(include: string): string | undefined {
  return VERSION_HEADERS.map((header) => join(include, header))
    .filter((header) => existsSync(header))
    .map((header) => readFileSync(header, "utf8"))
    .map((text) => /#define\s+TORCH_VERSION\s+\\?\s*"([^"]+)"/.exec(text)?.[1])
    .find((version) => version !== undefined);
}

/**
 * A torch wheel for GPUs has NVIDIA's wheels beside it, of just the versions that it was built with. Another `nccl.h` would do
 * harm: c10d's classes are laid out as it says.
 */
function readNccl(folder: string): Nccl | undefined {
  const nvidia = join(dirname(folder), "nvidia");
  if (!existsSync(nvidia)) return undefined;
  const includes = readdirSync(nvidia).map((name) => join(nvidia, name, "include"));
  const find = (header: string): string | undefined =>
    includes.map((include) => join(include, header)).find((path) => existsSync(path));
  const [header, cuda] = [find("nccl.h"), find("cuda_runtime_api.h")];
  if (header === undefined || cuda === undefined) return undefined;
  const text = readFileSync(header, "utf8");
  const [major, minor, patch] = ["MAJOR", "MINOR", "PATCH"].map(
    (part) => new RegExp(`#define\\s+NCCL_${part}\\s+(\\d+)`).exec(text)?.[1],
  );
  return { includes, version: `${major}.${minor}.${patch}` };
}
