import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";

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
  return {
    folder,
    includes: [include, join(include, "torch", "csrc", "api", "include")],
    libraries,
    version,
    cuda: existsSync(join(libraries, "libtorch_cuda.so")),
  };
}

function readVersion(include: string): string | undefined {
  return VERSION_HEADERS.map((header) => join(include, header))
    .filter((header) => existsSync(header))
    .map((header) => readFileSync(header, "utf8"))
    .map((text) => /#define\s+TORCH_VERSION\s+\\?\s*"([^"]+)"/.exec(text)?.[1])
    .find((version) => version !== undefined);
}
