import { copied } from "../buffers.ts";
import type { Pixels } from "../sample.ts";
import type { Taps } from "../taps.ts";
import { copyBox } from "./copy-box.ts";
import type { Sides } from "./kernels.ts";
import type { Arena, Exports } from "./wasm-module.ts";

/** The most pixels that any step of a resampling holds. */
export function mostPixels(lengths: Sides, taps: readonly (Taps | undefined)[]): number {
  const now = [...lengths];
  let most = now.reduce((a, b) => a * b, 1);
  for (const axis of [2, 1, 0]) {
    now[axis] = taps[axis]?.outputs ?? (now[axis] as number);
    most = Math.max(
      most,
      now.reduce((a, b) => a * b, 1),
    );
  }
  return most;
}

export interface Resampling {
  readonly source: Pixels;
  readonly sides: Sides;
  readonly start: Sides;
  readonly lengths: Sides;
  readonly taps: readonly (Taps | undefined)[];
  readonly most: number;
}

/** `Kernels.resample`, in an arena with room for it. */
export function resample(wasm: Exports, arena: Arena, job: Resampling): Float32Array {
  const { lengths, taps, most } = job;
  let [data, spare] = [arena.take(4 * most), arena.take(4 * most)];
  const now = [...lengths] as [number, number, number];
  const fromBytes = job.source instanceof Uint8Array && taps[2] !== undefined;
  if (fromBytes) resampleBytes(wasm, arena, job, job.source as Uint8Array, taps[2] as Taps, data);
  else copyBox(arena.floats(data, most), job.source, job.sides, job.start, lengths);
  if (fromBytes) now[2] = (taps[2] as Taps).outputs;
  for (const axis of fromBytes ? [1, 0] : [2, 1, 0]) {
    const along = taps[axis];
    if (along === undefined) continue;
    const { outputs, width } = along;
    const [start, weights] = [arena.put(along.start), arena.put(along.weights)];
    const n = now[axis] as number;
    const inner = axis === 2 ? 1 : axis === 1 ? now[2] : now[1] * now[2];
    const outer = (now[0] * now[1] * now[2]) / n / inner;
    if (axis === 2) {
      const tile = arena.take(16 * n);
      wasm.resample_last(spare, data, outer, n, n, outputs, width, start, weights, tile);
    } else {
      wasm.resample_outer(spare, data, outer, n, inner, outputs, width, start, weights);
    }
    now[axis] = outputs;
    [data, spare] = [spare, data];
  }
  return copied(arena.floats(data, now[0] * now[1] * now[2]));
}

/** The last axis of a box of bytes, slice by slice; whole rows are copied in, the box is taken from them. */
function resampleBytes(
  wasm: Exports,
  arena: Arena,
  { sides, start, lengths }: Resampling,
  source: Uint8Array,
  taps: Taps,
  out: number,
): void {
  const [depth, height, width] = lengths;
  const { outputs } = taps;
  const [first, weights] = [arena.put(taps.start), arena.put(taps.weights)];
  const tile = arena.take(16 * width);
  const stride = sides[2];
  const size = (height - 1) * stride + width;
  const at = arena.take(size);
  const raw = new Uint8Array(wasm.memory.buffer, at, size);
  for (let z = 0; z < depth; z += 1) {
    const from = ((start[0] + z) * sides[1] + start[1]) * stride + start[2];
    raw.set(source.subarray(from, from + size));
    const to = out + 4 * z * height * outputs;
    const { width: reach } = taps;
    wasm.resample_last_bytes(to, at, height, width, stride, outputs, reach, first, weights, tile);
  }
}
