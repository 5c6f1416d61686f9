// The device that a process computes on.
import { allowTf32, setComputeType, setDevice } from "@dira/engine-torch";

/** Takes a device before the first tensor is made, and float32 as it is: no rounding to TF32. */
export function useDevice(name) {
  setDevice(name);
  usePrecision("float32");
}

/** In what products compute: `float32`, `tf32` (float32 with rounded factors, on GPUs) or `bfloat16`. */
export function usePrecision(name) {
  allowTf32(name === "tf32");
  setComputeType(name === "bfloat16" ? "bfloat16" : "float32");
}
