import { addon } from "./addon.ts";
import { currentDevice, setDevice } from "./settings.ts";

/** LibTorch, as it was loaded. */
export interface LoadedLibTorch {
  /** E.g. `2.13.0`. */
  readonly version: string;
  /** Where tensors are made. */
  readonly device: string;
  /** How many one operation may use on the CPU. */
  readonly threads: number;
}

/**
 * Loads the addon, and makes tensors on the GPU if it takes one, unless {@link setDevice} chose before or there are
 * tensors already.
 *
 * @throws Error of one line when it is not built or does not load, saying what to do.
 */
export function loadLibTorch(): LoadedLibTorch {
  const { version, threads } = addon().about();
  if (currentDevice() === undefined) setDevice(takesGpu() ? "cuda" : "cpu");
  return { version, device: currentDevice() ?? "cpu", threads };
}

function takesGpu(): boolean {
  if (addon().memory().slots > 0) return false;
  try {
    setDevice("cuda");
    return true;
  } catch {
    return false;
  }
}
