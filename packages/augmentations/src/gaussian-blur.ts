import { pixelCount, type Operation, type Transform, transformOf } from "./sample.ts";

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
      const kernel = halfKernel(sigma);
      const blurred = shape.reduceRight<Float32Array>(
        (done, n, axis) => blurAlong(done, n, pixelCount(shape.slice(axis + 1)), kernel),
        data,
      );
      return { ...sample, image: { ...sample.image, data: blurred } };
    },
  };
}

/** Weights of the distances 0 … r, r = ⌈3σ⌉, of a Gaussian normalised over −r … r. */
function halfKernel(sigma: number): Float64Array {
  const radius = Math.ceil(3 * sigma);
  const kernel = Float64Array.from({ length: radius + 1 }, (_, d) =>
    Math.exp(-(d * d) / (2 * sigma * sigma)),
  );
  const total = 2 * kernel.reduce((a, b) => a + b, 0) - 1;
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
  const radius = kernel.length - 1;
  const center = kernel[0] as number;
  const padded = new Float32Array(n + 2 * radius);
  const out = new Float32Array(data.length);
  for (let row = 0; row < data.length; row += n) {
    padded.fill(data[row] as number, 0, radius).fill(data[row + n - 1] as number, radius + n);
    padded.set(data.subarray(row, row + n), radius);
    for (let x = 0; x < n; x += 1) {
      const at = x + radius;
      let sum = center * (padded[at] as number);
      for (let d = 1; d <= radius; d += 1) {
        sum += (kernel[d] as number) * ((padded[at - d] as number) + (padded[at + d] as number));
      }
      out[row + x] = sum;
    }
  }
  return out;
}

function blurOuter(
  data: Float32Array,
  n: number,
  inner: number,
  kernel: Float64Array,
): Float32Array {
  const radius = kernel.length - 1;
  const center = kernel[0] as number;
  const out = new Float32Array(data.length);
  const sums = new Float64Array(inner);
  for (let first = 0; first < data.length; first += n * inner) {
    for (let y = 0; y < n; y += 1) {
      const row = first + y * inner;
      for (let x = 0; x < inner; x += 1) sums[x] = center * (data[row + x] as number);
      for (let d = 1; d <= radius; d += 1) {
        const weight = kernel[d] as number;
        const above = first + Math.max(0, y - d) * inner;
        const below = first + Math.min(n - 1, y + d) * inner;
        for (let x = 0; x < inner; x += 1) {
          sums[x] =
            (sums[x] as number) +
            weight * ((data[above + x] as number) + (data[below + x] as number));
        }
      }
      out.set(sums, row);
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
