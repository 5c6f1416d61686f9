import { geometryOf } from "./geometry.ts";
import { pixelCount, type Operation, type Transform, transformOf } from "./sample.ts";
import { weightedSum } from "./weighted-sum.ts";

/** Options of {@link gaussianBlur}. */
export interface GaussianBlurOptions {
  /** Standard deviation, from and to. @defaultValue [0.1, 2] (MoCo v2, DiRA) */
  readonly sigma?: readonly [number, number];
  /** What it is measured in; mm are pixels where the spacing is not known. @defaultValue "pixel" */
  readonly unit?: "pixel" | "mm";
}

type Blur = { readonly sigma: number; readonly mm?: number };

/** {@link gaussianBlur} as a replayable operation. */
export function gaussianBlurOperation(options: GaussianBlurOptions = {}): Operation<Blur> {
  const { sigma: [low, high] = [0.1, 2], unit = "pixel" } = options;
  return {
    name: "gaussianBlur",
    draw: (_, random) => ({
      sigma: random.uniform(low, high),
      ...(unit === "mm" ? { mm: 1 } : {}),
    }),
    apply: (sample, { sigma, mm = 0 }) => {
      const { image } = sample;
      const { spacing } = geometryOf(image);
      const sigmas = spacing.map((distance) => (mm === 1 ? sigma / distance : sigma));
      const data = smoothed(image.data, image.shape, sigmas, "edge", 3);
      return { ...sample, image: { ...image, data } };
    },
  };
}

/**
 * Convolution with a Gaussian along each axis, cut at `truncate` standard deviations. Beyond the border
 * its values go on (`edge`) or are 0. Axes of one pixel are left alone.
 *
 * @param sigmas - in pixels, one per axis; 0 leaves the axis as it is.
 */
export function smoothed(
  data: Float32Array,
  shape: readonly number[],
  sigmas: readonly number[],
  border: "edge" | "zero",
  truncate: number,
): Float32Array {
  return shape.reduceRight<Float32Array>((done, n, axis) => {
    const sigma = sigmas[axis] as number;
    if (n === 1 || sigma === 0) return done;
    const kernel = gaussian(sigma, Math.ceil(truncate * sigma));
    const inner = pixelCount(shape.slice(axis + 1));
    return inner === 1
      ? blurLast(done, n, kernel, border)
      : blurOuter(done, n, inner, kernel, border);
  }, data);
}

/** Weights of the distances −radius … radius of a Gaussian; they add up to 1. */
function gaussian(sigma: number, radius: number): Float64Array {
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, k) =>
    Math.exp(-((k - radius) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((a, b) => a + b, 0);
  return kernel.map((value) => value / total);
}

function blurLast(
  data: Float32Array,
  n: number,
  kernel: Float64Array,
  border: "edge" | "zero",
): Float32Array {
  const radius = kernel.length >> 1;
  const padded = new Float32Array(n + 2 * radius);
  const starts = Int32Array.from(kernel, (_, k) => k);
  const out = new Float32Array(data.length);
  for (let row = 0; row < data.length; row += n) {
    if (border === "edge") {
      padded.fill(data[row] as number, 0, radius).fill(data[row + n - 1] as number, radius + n);
    }
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
  border: "edge" | "zero",
): Float32Array {
  const radius = kernel.length >> 1;
  const out = new Float32Array(data.length);
  for (let first = 0; first < data.length; first += n * inner) {
    for (let y = 0; y < n; y += 1) {
      const low = border === "zero" ? Math.max(0, radius - y) : 0;
      const high = border === "zero" ? Math.min(kernel.length, n - y + radius) : kernel.length;
      const starts = Int32Array.from({ length: high - low }, (_, k) => {
        const line = Math.min(n - 1, Math.max(0, y + low + k - radius));
        return first + line * inner;
      });
      weightedSum(out, first + y * inner, inner, data, starts, kernel, low);
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
