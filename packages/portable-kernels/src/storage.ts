import type { TensorInfo } from "@tensorflow/tfjs";
import { pointerTo, type WasmBackend } from "./wasm-module.ts";

/** Where an engine keeps values that JavaScript can work on. Make outputs first: making one may move the rest. */
export interface Storage {
  /** A float32 tensor of zeros. */
  make(shape: readonly number[]): TensorInfo;
  float32(tensor: TensorInfo): Float32Array;
  int32(tensor: TensorInfo): Int32Array;
}

/** The part of TensorFlow.js's cpu engine that is used here. */
export interface CpuBackend {
  readonly data: { get(id: object): { readonly values: ArrayLike<number> } };
  makeTensorInfo(shape: readonly number[], dtype: "float32", values: Float32Array): TensorInfo;
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Values of the wasm engine, in its memory. */
export function wasmStorage(backend: WasmBackend): Storage {
  const at = (tensor: TensorInfo): [ArrayBufferLike, number, number] => [
    backend.wasm.HEAPU8.buffer,
    pointerTo(backend, tensor),
    product(tensor.shape),
  ];
  const float32 = (tensor: TensorInfo): Float32Array => new Float32Array(...at(tensor));
  return {
    make: (shape) => {
      const made = backend.makeOutput(shape, "float32");
      float32(made).fill(0);
      return made;
    },
    float32,
    int32: (tensor) => new Int32Array(...at(tensor)),
  };
}

/** Values of the cpu engine. */
export function cpuStorage(backend: CpuBackend): Storage {
  const values = ({ dataId }: TensorInfo): ArrayLike<number> =>
    backend.data.get(dataId as object).values;
  return {
    make: (shape) => backend.makeTensorInfo(shape, "float32", new Float32Array(product(shape))),
    float32: (tensor) => values(tensor) as Float32Array,
    int32: (tensor) => values(tensor) as Int32Array,
  };
}
