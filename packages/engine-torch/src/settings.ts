import { addon, type AddonMemory } from "./addon.ts";
import { SCALAR } from "./scalar-types.ts";

let device: string | undefined;
/** Whether {@link allowTf32} was called. */
let tf32IsChosen = false;

/** What {@link setDevice} chose; undefined before. */
export function currentDevice(): string | undefined {
  return device;
}

/**
 * Sets where tensors are made from now on: `cpu`, `cuda`, `cuda:1`. Tensors that are there already stay where they are,
 * and operators don't take tensors of two devices, so set it before the first tensor.
 *
 * @throws Error when this LibTorch does not know the device, or can keep no tensor on it.
 */
export function setDevice(name: string): void {
  const native = addon();
  try {
    native.setDevice(name);
    const slot = native.write(new Float32Array(1), SCALAR.float32, [1]);
    try {
      native.read(slot);
    } finally {
      native.release(slot);
    }
  } catch (error) {
    native.setDevice(device ?? "cpu");
    throw new Error(unusable(name, error instanceof Error ? error.message : String(error)), {
      cause: error,
    });
  }
  useDevice(name);
}

/** Sets it without a trial. */
export function useDevice(name: string): void {
  // LibTorch numbers CPUs as well, of which there is one.
  device = /^cpu(:\d+)?$/.test(name) ? "cpu" : name;
  addon().setDevice(device);
  // LibTorch itself starts with convolutions rounded and matrix products not.
  if (!tf32IsChosen) addon().setTf32(false);
}

/** Of what LibTorch says, the first sentence: the rest is for who debugs CUDA. */
function unusable(name: string, reason: string): string {
  const [first = reason] = reason.split(/\.? Search for |\. /);
  return `The torch engine can't make tensors on ${JSON.stringify(name)} (${first}). Give "cpu", or "cuda" (or "cuda:1", …) on a machine with an NVIDIA GPU, its driver and a PyTorch built for them.`;
}

/**
 * Lets GPUs round the factors of float32 products to TF32: ten bits of mantissa instead of 23, at several times the speed.
 * Off unless set: PyTorch too has it off for matrix products, but on for convolutions.
 *
 * @see https://docs.pytorch.org/docs/stable/notes/cuda.html#tensorfloat-32-tf32-on-ampere-and-later-devices
 */
export function allowTf32(allowed: boolean): void {
  tf32IsChosen = true;
  addon().setTf32(allowed);
}

/**
 * Tensors that the engine holds, and the bytes of their storages, each counted once; what operators take meanwhile is in the
 * figures of the GPU's allocator alone.
 */
export function torchMemory(): AddonMemory {
  return addon().memory();
}

/** Starts {@link torchMemory}'s peaks anew. */
export function resetPeakMemory(): void {
  addon().resetPeak();
}
