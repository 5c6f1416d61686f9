import { copied, takeBuffer } from "../buffers.ts";
import { philox4x32 } from "@dira/random";
import { eachLine, interpolatedLine } from "../interpolate.ts";
import { checkedMean } from "../pointwise.ts";
import type { Taps } from "../taps.ts";
import { copyBox } from "./copy-box.ts";
import type { JitterStep, Kernels, ShufflePlan, Sides } from "./kernels.ts";

const { fround } = Math;

/** The kernels in plain JavaScript. */
export const plainKernels: Kernels = {
  resample: (source, sides, start, lengths, taps) => {
    let data: Float32Array = new Float32Array(lengths[0] * lengths[1] * lengths[2]);
    copyBox(data, source, sides, start, lengths);
    const now = [...lengths];
    for (const axis of [2, 1, 0]) {
      const along = taps[axis];
      if (along === undefined) continue;
      data = resampled(data, now, axis, along);
      now[axis] = along.outputs;
    }
    return data;
  },
  convolve: (data, sides, filters, zero) =>
    [2, 1, 0].reduce<Float32Array>((done, axis) => {
      const filter = filters[axis];
      return filter === undefined ? done : convolved(done, sides, axis, filter, zero);
    }, copied(data)),
  mirror: (data, width) => {
    const out = takeBuffer(data.length);
    for (let row = 0; row < data.length; row += width) {
      for (let x = 0; x < width; x += 1) out[row + x] = data[row + width - 1 - x] as number;
    }
    return out;
  },
  jitter: (data, steps) => steps.reduce(jittered, copied(data)),
  interpolate: (data, sides, fill, border, value) => {
    const out = takeBuffer(data.length);
    eachLine(sides, fill, (line, to) => interpolatedLine(out, to, data, line, border, value));
    return out;
  },
  shuffle: (data, sides, plan) => shuffled(data, sides, plan),
};

/** `[outer, n, inner]` → `[outer, outputs, inner]`. */
function resampled(
  data: Float32Array,
  sides: readonly number[],
  axis: number,
  { outputs, width, start, weights }: Taps,
): Float32Array {
  const n = sides[axis] as number;
  const inner = sides.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = data.length / n / inner;
  const out = new Float32Array(outer * outputs * inner);
  for (let line = 0; line < outer * outputs; line += 1) {
    const o = line % outputs;
    const from = (Math.floor(line / outputs) * n + (start[o] as number)) * inner;
    sumLines(out, line * inner, data, from, inner, inner, weights, o * width, width);
  }
  return out;
}

/** `out[to + x] = Σ_k weights[first + k] · data[from + k · stride + x]` for x below n. */
function sumLines(
  out: Float32Array,
  to: number,
  data: Float32Array,
  from: number,
  n: number,
  stride: number,
  weights: Float32Array,
  first: number,
  taps: number,
): void {
  for (let x = 0; x < n; x += 1) {
    let sum = fround(0);
    for (let k = 0; k < taps; k += 1) {
      const product = (weights[first + k] as number) * (data[from + k * stride + x] as number);
      sum = fround(sum + fround(product));
    }
    out[to + x] = sum;
  }
}

function convolved(
  data: Float32Array,
  sides: Sides,
  axis: number,
  filter: Float32Array,
  zero: boolean,
): Float32Array {
  const n = sides[axis] as number;
  const inner = sides.slice(axis + 1).reduce((a, b) => a * b, 1);
  const radius = filter.length >> 1;
  const out = new Float32Array(data.length);
  const padded = new Float32Array((n + 2 * radius) * inner);
  for (let first = 0; first < data.length; first += n * inner) {
    padded.set(data.subarray(first, first + n * inner), radius * inner);
    if (!zero) {
      const [head, last] = [first, first + (n - 1) * inner];
      for (let k = 0; k < radius; k += 1) {
        padded.set(data.subarray(head, head + inner), k * inner);
        padded.set(data.subarray(last, last + inner), (radius + n + k) * inner);
      }
    }
    for (let y = 0; y < n; y += 1) {
      const to = first + y * inner;
      sumLines(out, to, padded, y * inner, inner, inner, filter, 0, filter.length);
    }
  }
  return out;
}

/** In place. */
function jittered(data: Float32Array, { contrast, factor }: JitterStep): Float32Array {
  const f = fround(factor);
  const shift = contrast
    ? fround((1 - factor) * checkedMean("colorJitter", sumOf(data) / data.length))
    : 0;
  for (let i = 0; i < data.length; i += 1) {
    const value = fround(fround(f * (data[i] as number)) + shift);
    data[i] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
  return data;
}

/** Four interleaved sums, in double precision. */
function sumOf(data: Float32Array): number {
  const whole = data.length - (data.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += data[i] as number;
    b += data[i + 1] as number;
    c += data[i + 2] as number;
    d += data[i + 3] as number;
  }
  let total = a + b + (c + d);
  for (let i = whole; i < data.length; i += 1) total += data[i] as number;
  return total;
}

function shuffled(
  data: Float32Array,
  [depth, height, width]: Sides,
  { largest, blocks, key, fromOriginal }: ShufflePlan,
): Float32Array {
  const out = copied(data);
  const source = fromOriginal ? data : out;
  const places = new Int32Array(largest[0] * largest[1] * largest[2]);
  const block = new Float32Array(places.length);
  const below = drawBelow(key);
  for (let n = 0; n < blocks; n += 1) {
    const [d, h, w] = [1 + below(largest[0]), 1 + below(largest[1]), 1 + below(largest[2])];
    const [z0, y0, x0] = [below(depth - d + 1), below(height - h + 1), below(width - w + 1)];
    let count = 0;
    for (let z = z0; z < z0 + d; z += 1) {
      for (let y = y0; y < y0 + h; y += 1) {
        for (let x = x0; x < x0 + w; x += 1, count += 1) {
          places[count] = (z * height + y) * width + x;
          block[count] = source[places[count] as number] as number;
        }
      }
    }
    for (let i = count - 1; i >= 0; i -= 1) {
      // Fisher and Yates: the one drawn goes to place i, the last one left takes its place.
      const j = i === 0 ? 0 : below(i + 1);
      out[places[i] as number] = block[j] as number;
      block[j] = block[i] as number;
    }
  }
  return out;
}

/** Whole numbers below n: `⌊word · n / 2³²⌋`, words of Philox from counter 0 on. */
function drawBelow(key: readonly [number, number]): (n: number) => number {
  let words: readonly number[] = [];
  let used = 4;
  let counter = 0;
  return (n) => {
    if (used === 4) {
      words = philox4x32([counter, 0, 0, 0], key);
      counter += 1;
      used = 0;
    }
    used += 1;
    return Math.floor(((words[used - 1] as number) * n) / 2 ** 32);
  };
}
