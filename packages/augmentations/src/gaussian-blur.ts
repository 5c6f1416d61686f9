import { pixelCount, type Operation, type Transform, transformOf } from "./sample.ts";
import { weightedSum } from "./weighted-sum.ts";

/** Options of {@link gaussianBlur}. */
export interface GaussianBlurOptions {
  /** Standard deviation in pixels, from and to. @defaultValue [0.1, 2] (MoCo v2, DiRA) */
  readonly sigma?: readonly [number, number];
}

/** {@link gaussianBlur} as a replayable operation. */
export function gaussianBlurOperation(
  options: GaussianBlurOptions = {},
): Operation<{ readonly sigma: number }> {
  const [low, high] = options.sigma ?? [0.1, 2];
  return {
    name: "gaussianBlur",
    draw: (_, random) => ({ sigma: random.uniform(low, high) }),
    apply: (sample, { sigma }) => {
      const { data, shape } = sample.image;
      const kernel = gaussian(sigma);
      const blurred = shape.reduceRight<Float32Array>(
        (done, n, axis) => blurAlong(done, n, pixelCount(shape.slice(axis + 1)), kernel),
        data,
      );
      return { ...sample, image: { ...sample.image, data: blurred } };
    },
  };
}

/** Weights of the distances −r … r, r = ⌈3σ⌉, of a Gaussian; they add up to 1. */
function gaussian(sigma: number): Float64Array {
  const radius = Math.ceil(3 * sigma);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, k) =>
    Math.exp(-((k - radius) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((a, b) => a + b, 0);
  return kernel.map((value) => value / total);
}

/** Along the axis of length n in `[outer, n, inner]`; the border's values go on beyond it. */
function blurAlong(
  data: Float32Array,
  n: number,
  inner: number,
  kernel: Float64Array,
): Float32Array {
  if (n === 1) return data;
  return inner === 1 ? blurLast(data, n, kernel) : blurOuter(data, n, inner, kernel);
}

function blurLast(data: Float32Array, n: number, kernel: Float64Array): Float32Array {
  const radius = kernel.length >> 1;
  const padded = new Float32Array(n + 2 * radius);
  const starts = Int32Array.from(kernel, (_, k) => k);
  const out = new Float32Array(data.length);
  for (let row = 0; row < data.length; row += n) {
    padded.fill(data[row] as number, 0, radius).fill(data[row + n - 1] as number, radius + n);
    padded.set(data.subarray(row, row + n), radius);
    weightedSum(out, row, n, padded, starts, kernel);
  }
  return out;
}

function blurOuter(
  data: Float32Array,
  n: number,
  inner: number,
  kernel: Float64Array,
): Float32Array {
  const radius = kernel.length >> 1;
  const starts = new Int32Array(kernel.length);
  const out = new Float32Array(data.length);
  for (let first = 0; first < data.length; first += n * inner) {
    for (let y = 0; y < n; y += 1) {
      for (let k = 0; k < kernel.length; k += 1) {
        starts[k] = first + Math.min(n - 1, Math.max(0, y + k - radius)) * inner;
      }
      weightedSum(out, first + y * inner, inner, data, starts, kernel);
    }
  }
  return out;
}

/**
 * Gaussian blur with a random width, borders repeated, the kernel cut at 3σ. PIL's
 * `GaussianBlur(radius)` takes the standard deviation as its radius too, but approximates the Gaussian
 * by box filters; this is the Gaussian.
 */
export function gaussianBlur(options: GaussianBlurOptions = {}): Transform {
  return transformOf(gaussianBlurOperation(options));
}
