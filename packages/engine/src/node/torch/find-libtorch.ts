import type { LibTorch } from "@dira/engine-torch/build";
import { Obstacle } from "../obstacle.ts";
import { pythonsHere, run } from "../tools.ts";
import type { TorchPackage } from "./torch-package.ts";

/** Prints the folder of a python's torch, which is not imported: that takes seconds. */
const ASK = `
import importlib.util, sys
sys.path = [folder for folder in sys.path if folder]
spec = importlib.util.find_spec("torch")
for folder in (spec and spec.submodule_search_locations) or []:
    print(folder)
`;

/**
 * Every LibTorch of this machine: that in `$LIBTORCH` alone, or the torch of each python (`$DIRA_PYTHON`, those on the
 * PATH, the system's) and the distribution's.
 *
 * @throws Obstacle when there is none.
 */
export async function findLibTorch({ readLibTorch }: TorchPackage): Promise<LibTorch[]> {
  const wanted = process.env["LIBTORCH"];
  // Where Debian's libtorch-dev puts headers and libraries.
  const system = process.env["DIRA_SYSTEM_LIBTORCH"] ?? "/usr";
  const folders = wanted ? [wanted] : [...(await torchFolders()), system];
  const found = folders.flatMap((folder) => readLibTorch(folder) ?? []);
  if (found.length > 0) return [...new Map(found.map((one) => [one.folder, one])).values()];
  if (!wanted) {
    throw new Obstacle(
      "no LibTorch was found",
      "install PyTorch (pip install torch) or set LIBTORCH",
    );
  }
  throw new Obstacle(
    `LIBTORCH names ${wanted}, where there is no LibTorch (include/torch and lib/libtorch_cpu.so)`,
    "correct it",
  );
}

/** What pythons say of where their torch is; other lines that they print are no folders of a LibTorch. */
async function torchFolders(): Promise<string[]> {
  const given = process.env["DIRA_PYTHON"];
  const folders: string[] = [];
  for (const python of [...(given ? [given] : []), ...pythonsHere()]) {
    const { ok, output } = await run(python, ["-c", ASK], 60_000);
    if (ok) folders.push(...output.split("\n").map((line) => line.trim()));
  }
  return folders;
}
