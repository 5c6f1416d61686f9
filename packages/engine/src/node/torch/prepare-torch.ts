import { dirname, join } from "node:path";
import type { LibTorch } from "@dira/engine-torch/build";
import { firstLine } from "../../report.ts";
import { buildOnce } from "../build-once.ts";
import { findBuildTools } from "../build-tools.ts";
import { writeManifest } from "../manifest.ts";
import { Obstacle } from "../obstacle.ts";
import { type PrepareResult, resultOf } from "../prepare-result.ts";
import { whyNotLoadable } from "../probe-binding.ts";
import { compileTorch } from "./compile-torch.ts";
import { findLibTorch } from "./find-libtorch.ts";
import { type TorchPackage, torchPackage } from "./torch-package.ts";

/**
 * Makes the `torch` engine usable: compiles the addon of `@dira/engine-torch` for each LibTorch of this machine, once,
 * into the user's cache. Nothing is downloaded. Never throws for what a machine may lack.
 *
 * @param say - receives a line for each longer step.
 */
export function prepareTorch(
  say: (line: string) => void = () => undefined,
): Promise<PrepareResult> {
  return resultOf("torch", say, prepare);
}

/** @returns what is ready and where, in a few words. */
async function prepare(say: (line: string) => void): Promise<string> {
  const torch = await torchPackage();
  if (process.platform !== "linux") {
    throw new Obstacle(
      `building it is supported on Linux, this is ${process.platform}`,
      "compile it yourself and set DIRA_TORCH_ADDON to the file",
    );
  }
  const ready: string[] = [];
  const problems: unknown[] = [];
  for (const libtorch of await findLibTorch(torch)) {
    try {
      ready.push(await prepareFor(libtorch, torch, say));
    } catch (error) {
      problems.push(error);
    }
  }
  if (ready.length === 0) throw problems[0];
  for (const problem of problems) say(`torch: ${firstLine(problem)}`);
  return ready.join("; ");
}

async function prepareFor(
  libtorch: LibTorch,
  torch: TorchPackage,
  say: (line: string) => void,
): Promise<string> {
  const folder = torch.buildFolder(libtorch);
  try {
    await buildOnce(
      { engine: "torch", folder, file: torch.ADDON_FILE },
      (work) => build(libtorch, torch, work, say),
      say,
    );
  } catch (error) {
    throw ofCache(error, dirname(folder));
  }
  const { version, cuda } = libtorch;
  return `LibTorch ${version} for the ${cuda ? "GPU" : "CPU"} in ${folder}`;
}

/** What the file system refused, as people can mend it. */
function ofCache(error: unknown, cache: string): unknown {
  if (!(error instanceof Error && "syscall" in error)) return error;
  return new Obstacle(
    `the cache ${cache} can't be written to (${firstLine(error)})`,
    "set DIRA_CACHE to a folder that can, with some space left",
  );
}

async function build(
  libtorch: LibTorch,
  torch: TorchPackage,
  work: string,
  say: (line: string) => void,
): Promise<void> {
  const { folder, version, cuda } = libtorch;
  const tools = await findBuildTools();
  say(
    `torch: compiling for LibTorch ${version} in ${folder} with ${tools.compiler} (a few minutes, once)`,
  );
  const nccl = await compileTorch(tools, libtorch, torch, work);
  if (cuda && !nccl) {
    say(
      "torch: without NCCL (no nccl.h of this PyTorch's, or it can't be compiled): processes exchange GPUs' tensors through the hosts' memory",
    );
  }
  const why = await whyNotLoadable(join(work, torch.ADDON_FILE));
  if (why !== undefined) {
    throw new Obstacle(
      `the addon for the LibTorch in ${folder} does not load: ${why}`,
      "see whether that PyTorch can be imported, or set LIBTORCH to another",
    );
  }
  writeManifest(work, [torch.ADDON_FILE], { libtorch: folder, version, cuda, nccl });
}
