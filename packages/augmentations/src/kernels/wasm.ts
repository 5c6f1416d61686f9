import { copied } from "../buffers.ts";
import { checkedMean } from "../pointwise.ts";
import type { Kernels } from "./kernels.ts";
import { Arena, type Exports, instantiate } from "./wasm-module.ts";
import { mostPixels, resample } from "./wasm-resample.ts";

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
      const bytes = lengths[1] * sides[2];
      if (!arena.reset(8 * most + extra + 32 * lengths[2] + bytes)) {
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
        const sum = contrast ? wasm.sum(at, data.length) : 0;
        const mean = checkedMean("colorJitter", sum / data.length);
        wasm.blend(at, data.length, factor, contrast ? (1 - factor) * mean : 0);
      }
      return copied(arena.floats(at, data.length));
    },
    interpolate: (data, sides, fill, border, value) => {
      if (!arena.reset(8 * data.length + 24 * sides[2] + 64)) {
        return plain.interpolate(data, sides, fill, border, value);
      }
      return interpolate(wasm, arena, data, sides, fill, border, value);
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

function convolve(
  wasm: Exports,
  arena: Arena,
  ...[data, sides, filters, zero]: Parameters<Kernels["convolve"]>
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

function interpolate(
  wasm: Exports,
  arena: Arena,
  ...[data, sides, fill, border, value]: Parameters<Kernels["interpolate"]>
): Float32Array {
  const [depth, height, width] = sides;
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
}
