import { geometryOf } from "./geometry.ts";
import { kernels, sidesOfShape } from "./kernels/kernels.ts";
import { atLeast, checked, range, word } from "./options.ts";
import { type Operation, type Transform, ownTransformOf } from "./sample.ts";

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
  const { sigma: [low, high] = [0.1, 2], unit = "pixel" } = checked("gaussianBlur", options, {
    sigma: range(atLeast(0)),
    unit: word("pixel", "mm"),
  });
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
  const filters = shape.map((n, axis) => {
    const sigma = sigmas[axis] as number;
    return n === 1 || sigma === 0 ? undefined : gaussian(sigma, Math.ceil(truncate * sigma));
  });
  const volume = shape.length === 2 ? [undefined, ...filters] : filters;
  return kernels().convolve(data, sidesOfShape(shape), volume, border === "zero");
}

/** Weights of the distances −radius … radius of a Gaussian; they add up to 1. */
function gaussian(sigma: number, radius: number): Float32Array {
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, k) =>
    Math.exp(-((k - radius) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((a, b) => a + b, 0);
  return Float32Array.from(kernel, (value) => value / total);
}

/**
 * Gaussian blur with a random width, borders repeated, the kernel cut at 3σ. PIL's
 * `GaussianBlur(radius)` takes the standard deviation as its radius too, but approximates the Gaussian
 * by box filters; this is the Gaussian.
 */
export function gaussianBlur(options: GaussianBlurOptions = {}): Transform {
  return ownTransformOf(gaussianBlurOperation(options));
}
