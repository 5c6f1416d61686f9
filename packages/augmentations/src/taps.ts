/** Pillow's antialiased filters. */
export type Filter = "bilinear" | "bicubic";

/** Which inputs make an output along one axis, and how much each counts. */
export interface Taps {
  readonly outputs: number;
  /** Inputs per output. */
  readonly width: number;
  readonly start: Int32Array;
  /** `[outputs, width]`; each row adds up to 1. */
  readonly weights: Float32Array;
}

/** Weight at a distance, and the distance from which it is 0. */
const FILTERS: Readonly<
  Record<Filter, { readonly support: number; readonly weight: (x: number) => number }>
> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - x) },
  // Keys' cubic with a = −½.
  bicubic: {
    support: 2,
    weight: (x) =>
      x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0,
  },
};

/** Taps made before: crops of random sizes come back to the same few hundred. */
const made = new Map<string, Taps>();
const MOST_MADE = 1024;

/**
 * Taps of Pillow's `BILINEAR` and `BICUBIC`: `w(i) ∝ f(|i + ½ − c| / s)` around
 * `c = (o + ½) · inputs / outputs` with `s = max(1, inputs / outputs)`. When shrinking, the filter widens
 * with the scale, so that nothing is skipped (antialiasing).
 */
export function filterTaps(inputs: number, outputs: number, filter: Filter): Taps {
  const key = `${filter} ${inputs} ${outputs}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const taps = tapsOf(inputs, outputs, filter);
  if (made.size >= MOST_MADE || taps.weights.length > 2 ** 16) made.clear();
  made.set(key, taps);
  return taps;
}

function tapsOf(inputs: number, outputs: number, filter: Filter): Taps {
  const { support: radius, weight } = FILTERS[filter];
  const scale = inputs / outputs;
  const stretch = Math.max(1, scale);
  const support = radius * stretch;
  const reach = Math.min(inputs, Math.ceil(2 * support) + 1);
  const start = new Int32Array(outputs);
  const dense = new Float32Array(outputs * reach);
  const row = new Float64Array(reach);
  let width = 1;
  for (let o = 0; o < outputs; o += 1) {
    const center = (o + 0.5) * scale;
    const first = Math.max(0, Math.min(Math.floor(center - support + 0.5), inputs - reach));
    let total = 0;
    let [low, high] = [reach, 0];
    for (let k = 0; k < reach; k += 1) {
      const value = weight(Math.abs(first + k + 0.5 - center) / stretch);
      row[k] = value;
      total += value;
      if (value !== 0) {
        if (k < low) low = k;
        high = k + 1;
      }
    }
    for (let k = low; k < high; k += 1) dense[o * reach + k - low] = (row[k] as number) / total;
    start[o] = first + low;
    width = Math.max(width, high - low);
  }
  return compact(dense, { outputs, reach, width, inputs }, start);
}

/** Of the inputs within reach, the outermost often weigh nothing: so many less per output. */
function compact(
  dense: Float32Array,
  sizes: {
    readonly outputs: number;
    readonly reach: number;
    readonly width: number;
    readonly inputs: number;
  },
  start: Int32Array,
): Taps {
  const { outputs, reach, width, inputs } = sizes;
  const weights = new Float32Array(outputs * width);
  for (let o = 0; o < outputs; o += 1) {
    const first = start[o] as number;
    const from = Math.min(first, inputs - width);
    const shift = first - from;
    for (let k = shift; k < width; k += 1) {
      weights[o * width + k] = dense[o * reach + k - shift] as number;
    }
    start[o] = from;
  }
  return { outputs, width, start, weights };
}
