import { copied } from "../buffers.ts";
import type { Pixels } from "../sample.ts";
import { maxValueOf } from "../sample.ts";
import type { Taps } from "../taps.ts";
import type { Kernels, Sides } from "./kernels.ts";
import { MODULE } from "./module.ts";

/** What kernels.c exports; pointers are numbers of bytes. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  heap(): number;
  widen(out: number, data: number, n: number): void;
  resample_outer(
    ...args: [
      out: number,
      data: number,
      outer: number,
      n: number,
      inner: number,
      outputs: number,
      width: number,
      start: number,
      weights: number,
    ]
  ): void;
  resample_last(
    ...args: [
      out: number,
      data: number,
      rows: number,
      n: number,
      outputs: number,
      width: number,
      start: number,
      weights: number,
      tile: number,
    ]
  ): void;
  convolve(
    ...args: [
      out: number,
      data: number,
      outer: number,
      n: number,
      inner: number,
      kernel: number,
      radius: number,
      zero: number,
      pad: number,
    ]
  ): void;
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
function instantiate(): Exports | undefined {
  try {
    if (typeof WebAssembly === "undefined") return undefined;
    const bytes = Uint8Array.from(atob(MODULE), (character) => character.charCodeAt(0));
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  } catch {
    return undefined; // Refused by the page's security policy, or too old for SIMD.
  }
}

/** Memory handed out from the start for one call at a time. */
class Arena {
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

/**
 * The kernels in WebAssembly.
 *
 * @param plain - for what needs too much memory.
 * @returns undefined where it can't be had.
 */
export function wasmKernels(plain: Kernels): Kernels | undefined {
  const wasm = instantiate();
  if (wasm === undefined) return undefined;
  const arena = new Arena(wasm);
  return {
    resample: (source, sides, start, lengths, taps) => {
      const most = mostPixels(lengths, taps);
      const extra = taps.reduce((sum, t) => sum + (t ? 8 * t.weights.length + 64 : 0), 0);
      if (!arena.reset(13 * most + extra + 16 * lengths[2])) {
        return plain.resample(source, sides, start, lengths, taps);
      }
      return resample(wasm, arena, { source, sides, start, lengths, taps, most });
    },
    convolve: (data, sides, filters, zero) => {
      const longest = filters.reduce((most, f) => Math.max(most, f?.length ?? 0), 0);
      const pad = 4 * (data.length + longest * sides[1] * sides[2]);
      if (!arena.reset(8 * data.length + pad + 64 * (longest + 8))) {
        return plain.convolve(data, sides, filters, zero);
      }
      return convolve(wasm, arena, data, sides, filters, zero);
    },
    mirror: (data, width) => {
      if (!arena.reset(8 * data.length + 64)) return plain.mirror(data, width);
      const [from, to] = [arena.put(data), arena.take(4 * data.length)];
      wasm.mirror(to, from, data.length / width, width);
      return copied(arena.floats(to, data.length));
    },
    jitter: (data, steps) => {
      if (!arena.reset(4 * data.length)) return plain.jitter(data, steps);
      const at = arena.put(data);
      for (const { contrast, factor } of steps) {
        const mean = contrast ? wasm.sum(at, data.length) / data.length : 0;
        wasm.blend(at, data.length, factor, contrast ? (1 - factor) * mean : 0);
      }
      return copied(arena.floats(at, data.length));
    },
    interpolate: (data, sides, fill, border, value) => {
      const [depth, height, width] = sides;
      if (!arena.reset(8 * data.length + 24 * width + 64)) {
        return plain.interpolate(data, sides, fill, border, value);
      }
      const [from, to] = [arena.put(data), arena.take(4 * data.length)];
      const [zs, ys, xs] = [0, 0, 0].map(() => arena.take(8 * width)) as [number, number, number];
      const view = (at: number): Float64Array => new Float64Array(wasm.memory.buffer, at, width);
      const line = { zs: view(zs), ys: view(ys), xs: view(xs) };
      for (let row = 0; row < depth * height; row += 1) {
        fill(Math.floor(row / height), row % height, line);
        const out = to + 4 * row * width;
        wasm.interpolate(out, from, depth, height, width, zs, ys, xs, width, border, value);
      }
      return copied(arena.floats(to, data.length));
    },
    shuffle: (data, sides, plan) => {
      const { largest, blocks, key, fromOriginal } = plan;
      const block = 4 * largest[0] * largest[1] * largest[2];
      if (!arena.reset(8 * data.length + 2 * block + 64)) return plain.shuffle(data, sides, plan);
      const out = arena.put(data);
      const source = fromOriginal ? arena.put(data) : out;
      const [places, values] = [arena.take(block), arena.take(block)];
      wasm.shuffle(out, source, ...sides, ...largest, blocks, ...key, places, values);
      return copied(arena.floats(out, data.length));
    },
  };
}

/** The most pixels that any step of a resampling holds. */
function mostPixels(lengths: Sides, taps: readonly (Taps | undefined)[]): number {
  const now = [...lengths];
  let most = now.reduce((a, b) => a * b, 1);
  for (const axis of [1, 2, 0]) {
    now[axis] = taps[axis]?.outputs ?? (now[axis] as number);
    most = Math.max(
      most,
      now.reduce((a, b) => a * b, 1),
    );
  }
  return most;
}

interface Resampling {
  readonly source: Pixels;
  readonly sides: Sides;
  readonly start: Sides;
  readonly lengths: Sides;
  readonly taps: readonly (Taps | undefined)[];
  readonly most: number;
}

function resample(wasm: Exports, arena: Arena, job: Resampling): Float32Array {
  const { lengths, taps, most } = job;
  let [data, spare] = [arena.take(4 * most), arena.take(4 * most)];
  load(wasm, arena, job, data);
  const now = [...lengths] as [number, number, number];
  for (const axis of [1, 2, 0]) {
    const along = taps[axis];
    if (along === undefined) continue;
    const { outputs, width } = along;
    const [start, weights] = [arena.put(along.start), arena.put(along.weights)];
    const n = now[axis] as number;
    const inner = axis === 2 ? 1 : axis === 1 ? now[2] : now[1] * now[2];
    const outer = (now[0] * now[1] * now[2]) / n / inner;
    if (axis === 2) {
      const tile = arena.take(16 * n);
      wasm.resample_last(spare, data, outer, n, outputs, width, start, weights, tile);
    } else {
      wasm.resample_outer(spare, data, outer, n, inner, outputs, width, start, weights);
    }
    now[axis] = outputs;
    [data, spare] = [spare, data];
  }
  return copied(arena.floats(data, now[0] * now[1] * now[2]));
}

/** The box, as floats. */
function load(wasm: Exports, arena: Arena, job: Resampling, to: number): void {
  const { source, sides, start, lengths, most } = job;
  const [depth, height, width] = lengths;
  const bytes = source instanceof Uint8Array ? arena.take(most) : 0;
  const raw = new Uint8Array(wasm.memory.buffer, bytes, most);
  const floats = arena.floats(to, most);
  const scale = 1 / maxValueOf(source);
  for (let line = 0; line < depth * height; line += 1) {
    const [z, y] = [start[0] + Math.floor(line / height), start[1] + (line % height)];
    const from = (z * sides[1] + y) * sides[2] + start[2];
    if (source instanceof Uint8Array) {
      raw.set(source.subarray(from, from + width), line * width);
    } else if (source instanceof Float32Array) {
      floats.set(source.subarray(from, from + width), line * width);
    } else {
      for (let x = 0; x < width; x += 1) {
        floats[line * width + x] = (source[from + x] as number) * scale;
      }
    }
  }
  if (source instanceof Uint8Array) wasm.widen(to, bytes, depth * height * width);
}

function convolve(
  wasm: Exports,
  arena: Arena,
  data: Float32Array,
  sides: Sides,
  filters: readonly (Float32Array | undefined)[],
  zero: boolean,
): Float32Array {
  let [from, to] = [arena.put(data), arena.take(4 * data.length)];
  const longest = filters.reduce((most, f) => Math.max(most, f?.length ?? 0), 0);
  const pad = arena.take(4 * (data.length + longest * sides[1] * sides[2]));
  const [, height, width] = sides;
  for (const axis of [2, 1, 0]) {
    const filter = filters[axis];
    if (filter === undefined) continue;
    const kernel = arena.put(filter);
    const n = sides[axis] as number;
    const inner = axis === 2 ? 1 : axis === 1 ? width : height * width;
    const outer = data.length / n / inner;
    wasm.convolve(to, from, outer, n, inner, kernel, filter.length >> 1, zero ? 1 : 0, pad);
    [from, to] = [to, from];
  }
  return copied(arena.floats(from, data.length));
}
