import type { KernelFunc, TensorInfo } from "@tensorflow/tfjs";

/** What TensorFlow.js hands a kernel. */
export interface Call {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly backend: unknown;
}

/** A kernel; for what it does not cover there may be the engine's own. */
export type Kernel = (call: Call, stock: KernelFunc | undefined) => TensorInfo | TensorInfo[];

/** By TensorFlow.js's names, and `Dira…` for operations that it has no name for. */
export type Kernels = Readonly<Record<string, Kernel>>;

/** Runs the engine's own kernel. */
export function fallBack(name: string, call: Call, stock: KernelFunc | undefined): TensorInfo {
  if (stock === undefined) {
    throw new Error(
      `${name}: expected channels last ("NHWC", "NDHWC"), got ${JSON.stringify(call.attrs["dataFormat"])}, for which this engine has no kernel. Transpose the input.`,
    );
  }
  return stock(call as unknown as Parameters<KernelFunc>[0]) as TensorInfo;
}
