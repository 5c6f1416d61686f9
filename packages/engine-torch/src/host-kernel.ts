import * as tf from "@tensorflow/tfjs";
import type { TorchBackend } from "./backend.ts";
import { BACKEND } from "./kernel.ts";

/** Values that are not strings. */
type Numbers = Exclude<tf.BackendValues, Uint8Array[]>;

/** A tensor in JavaScript; the bytes of strings are UTF-8. */
export interface HostTensor<V extends tf.BackendValues = Numbers> {
  readonly values: V;
  readonly shape: number[];
  readonly dtype: tf.DataType;
}

export type HostStrings = HostTensor<Uint8Array[]>;

/** Of any type. */
export type HostAny = HostTensor<tf.BackendValues>;

/** What a kernel computes in JavaScript. */
export type HostKernel<I, A> = (inputs: I, attributes: A) => HostAny | HostAny[];

/**
 * Registers a kernel that is computed in JavaScript: of strings, or of what has no counterpart in ATen and no weight in
 * training.
 *
 * @typeParam I - its inputs by TensorFlow.js's names.
 * @typeParam A - its attributes.
 */
export function defineOnHost<I, A = object>(kernelName: string, kernel: HostKernel<I, A>): void {
  tf.registerKernel({ kernelName, backendName: BACKEND, kernelFunc: onHost(kernel) });
}

/** A kernel on values read back, as TensorFlow.js calls kernels. */
export function onHost<I, A = object>(kernel: HostKernel<I, A>): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const torch = backend as unknown as TorchBackend;
    const made = kernel(readAll(inputs, torch) as I, (attrs ?? {}) as A);
    return Array.isArray(made) ? made.map((one) => infoOf(one, torch)) : infoOf(made, torch);
  };
}

function readAll(inputs: tf.NamedTensorInfoMap, torch: TorchBackend): object {
  const read = ({ dataId, shape, dtype }: tf.TensorInfo): HostAny => {
    return { values: torch.readSync(dataId), shape, dtype };
  };
  const entries = Object.entries(inputs as Record<string, tf.TensorInfo | tf.TensorInfo[]>);
  return Object.fromEntries(
    entries.map(([name, given]) => [name, Array.isArray(given) ? given.map(read) : read(given)]),
  );
}

function infoOf({ values, shape, dtype }: HostAny, torch: TorchBackend): tf.TensorInfo {
  return { dataId: torch.write(values, shape, dtype), shape, dtype };
}
