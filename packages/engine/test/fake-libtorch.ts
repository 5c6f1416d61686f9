import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What a made-up LibTorch is like. */
export interface FakeLibTorch {
  readonly version?: string;
  readonly cuda?: boolean;
  /** NVIDIA's wheels lie beside it. */
  readonly nccl?: boolean;
  /** Its strings are C++11's. */
  readonly cxx11?: boolean;
  /** Where the header is that has the version; it moved. */
  readonly header?: string;
  /** Where its libraries are. */
  readonly libraries?: string;
}

/** Writes the files by which a LibTorch is known. */
export function writeLibTorch(
  folder: string,
  {
    version = "2.13.0",
    cuda = false,
    nccl = false,
    cxx11 = true,
    header = "torch/headeronly/version.h",
    libraries = "lib",
  }: FakeLibTorch = {},
): void {
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  put(
    join("include", header),
    `#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION \\\n  "${version}"\n`,
  );
  const text = cxx11 ? "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE" : "Ss";
  put(join(libraries, "libc10.so"), `\0\xff_ZN3c105ErrorC1ENS_14SourceLocationE${text}\0`);
  put(join(libraries, "libtorch_cpu.so"), "");
  if (cuda) put(join(libraries, "libtorch_cuda.so"), "");
  if (!nccl) return;
  const lines = ["MAJOR 2", "MINOR 30", "PATCH 7"].map((part) => `#define NCCL_${part}\n`);
  put(join("..", "nvidia", "nccl", "include", "nccl.h"), lines.join(""));
  put(join("..", "nvidia", "cu13", "include", "cuda_runtime_api.h"), "");
}
