import { MODULE } from "./module.ts";

/** What is worked on along the middle one of `[outer, n, inner]`. */
type Along = [out: number, data: number, outer: number, n: number, inner: number];

type LineResampling = [
  out: number,
  data: number,
  rows: number,
  n: number,
  stride: number,
  outputs: number,
  width: number,
  start: number,
  weights: number,
  tile: number,
];

/** What kernels.c exports; pointers are numbers of bytes. */
export interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  heap(): number;
  resample_outer(
    ...args: [...Along, outputs: number, width: number, start: number, weights: number]
  ): void;
  resample_last(...args: LineResampling): void;
  resample_last_bytes(...args: LineResampling): void;
  convolve(...args: [...Along, kernel: number, radius: number, zero: number, pad: number]): void;
  mirror(out: number, data: number, rows: number, n: number): void;
  blend(data: number, n: number, factor: number, shift: number): void;
  sum(data: number, n: number): number;
  interpolate(
    ...args: [
      out: number,
      data: number,
      depth: number,
      height: number,
      width: number,
      zs: number,
      ys: number,
      xs: number,
      count: number,
      border: number,
      value: number,
    ]
  ): void;
  shuffle(...args: number[]): void;
}

/** The part of the platform's WebAssembly that is used here. */
declare const WebAssembly:
  | {
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object) => { readonly exports: unknown };
    }
  | undefined;
declare function atob(base64: string): string;

/** Work that needs more memory than this goes to the plain kernels: the module's memory never shrinks. */
const MOST_BYTES = 256 * 2 ** 20;
const PAGE = 65_536;

/** The compiled module; undefined where WebAssembly, its SIMD or compiling is not to be had. */
export function instantiate(): Exports | undefined {
  try {
    if (typeof WebAssembly === "undefined") return undefined;
    const bytes = Uint8Array.from(atob(MODULE), (character) => character.charCodeAt(0));
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  } catch {
    return undefined; // Refused by the page's security policy, or too old for SIMD.
  }
}

/** Memory handed out from the start for one call at a time. */
export class Arena {
  readonly #exports: Exports;
  #next: number;

  constructor(exports: Exports) {
    this.#exports = exports;
    this.#next = exports.heap();
  }

  /** Starts anew, with room for so many bytes; whether there is. */
  reset(bytes: number): boolean {
    this.#next = this.#exports.heap();
    const needed = this.#next + bytes + 1024;
    if (needed > MOST_BYTES) return false;
    const { memory } = this.#exports;
    const missing = needed - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    return true;
  }

  /** So many bytes, aligned to 16. */
  take(bytes: number): number {
    const at = Math.ceil(this.#next / 16) * 16;
    this.#next = at + bytes;
    return at;
  }

  floats(at: number, length: number): Float32Array {
    return new Float32Array(this.#exports.memory.buffer, at, length);
  }

  /** Copies an array in; gives its place. */
  put(array: Float32Array | Int32Array): number {
    const at = this.take(array.byteLength);
    const { buffer } = this.#exports.memory;
    if (array instanceof Float32Array) new Float32Array(buffer, at, array.length).set(array);
    else new Int32Array(buffer, at, array.length).set(array);
    return at;
  }
}
