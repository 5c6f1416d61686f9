import type { TensorInfo } from "@tensorflow/tfjs";
import { MODULE } from "./module.ts";

/** What native/kernels.c exports. Every pointer is a number of bytes from the start of the memory. */
interface Exports {
  readonly __stack_pointer: { value: number };
  pack_filter(
    ...args: [
      filter: number,
      taps: number,
      channels: number,
      out: number,
      transposed: number,
      packed: number,
    ]
  ): void;
  gather_gemm(
    ...args: [
      pass: number,
      x: number,
      packed: number,
      filterTaps: number,
      tiles: number,
      zeros: number,
      y: number,
      scratch: number,
    ]
  ): void;
  outer_gemm(
    ...args: [pass: number, x: number, dy: number, zeros: number, w: number, scratch: number]
  ): void;
  max_pool(...args: [pass: number, x: number, y: number, scratch: number]): void;
  max_pool_gradient(
    ...args: [pass: number, x: number, dy: number, dx: number, scratch: number]
  ): void;
  batch_norm(
    ...args: [
      x: number,
      scale: number,
      offset: number,
      rows: number,
      channels: number,
      epsilon: number,
      y: number,
      mean: number,
      variance: number,
      inverse: number,
      rest: number,
      scratch: number,
    ]
  ): void;
  batch_norm_gradient(
    ...args: [
      dy: number,
      x: number,
      scale: number,
      mean: number,
      inverse: number,
      rest: number,
      rows: number,
      channels: number,
      dx: number,
      dscale: number,
      doffset: number,
      scratch: number,
    ]
  ): void;
}

/** The part of TensorFlow.js's wasm engine that is used here. */
export interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory: object };
    readonly HEAPU8: Uint8Array;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
  };
  readonly dataIdMap: { get(id: object): { readonly memoryOffset: number } };
  incRef(id: object): void;
  makeOutput(shape: readonly number[], dtype: "float32"): TensorInfo;
  disposeData(id: object): boolean;
}

/** The part of the platform's WebAssembly that is used here. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};
declare function atob(base64: string): string;

const STACK_BYTES = 2 ** 14;

let compiled: object | undefined;
const instances = new WeakMap<object, Exports>();

/**
 * The kernels, in the memory of the engine's own module, so that tensors are worked on where they lie. Compiled
 * on first use.
 */
export function kernelsOf({ wasm }: WasmBackend): Exports {
  const known = instances.get(wasm);
  if (known !== undefined) return known;
  if (!(wasm.HEAPU8.buffer instanceof ArrayBuffer)) {
    throw new Error(
      'The wasm engine runs with threads, in whose shared memory its training kernels can\'t work. Call `tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false)` before it starts, or `startEngine("wasm")` of @dira/engine, which does.',
    );
  }
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(MODULE), (c) => c.charCodeAt(0)));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory: wasm.asm.memory } });
  const kernels = exports as Exports;
  // The little that C keeps on a stack lies in a piece of the engine's heap; the stack grows downward.
  kernels.__stack_pointer.value = allocate(wasm, STACK_BYTES) + STACK_BYTES;
  instances.set(wasm, kernels);
  return kernels;
}

/** Where a tensor's values begin. */
export function pointerTo({ dataIdMap }: WasmBackend, { dataId }: TensorInfo): number {
  return dataIdMap.get(dataId as object).memoryOffset;
}

/** Runs `f` with as many bytes of memory as asked for, and frees them. */
export function withScratch<T>({ wasm }: WasmBackend, bytes: number, f: (at: number) => T): T {
  const at = allocate(wasm, bytes);
  try {
    return f(at);
  } finally {
    wasm._free(at);
  }
}

/** Aligned to 16 bytes, as Emscripten's allocator does. */
function allocate(wasm: WasmBackend["wasm"], bytes: number): number {
  const at = wasm._malloc(bytes) >>> 0;
  if (at === 0) {
    throw new Error(
      `The wasm engine is out of memory: ${bytes} bytes of scratch are not to be had (4 GiB at most). Use a smaller batch, \`checkpoint\`, or another engine.`,
    );
  }
  return at;
}
