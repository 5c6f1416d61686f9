import { type Operation, type Raster, type Transform, transformOf } from "./sample.ts";

/** Options of {@link colorJitter}. */
export interface ColorJitterOptions {
  /** Factor from U[1 − x, 1 + x]. @defaultValue 0.4 (MoCo v2, DiRA) */
  readonly brightness?: number;
  /** Factor from U[1 − x, 1 + x]. @defaultValue 0.4 */
  readonly contrast?: number;
}

type Jitter = {
  readonly brightness: number;
  readonly contrast: number;
  readonly contrastFirst: number;
};

/** {@link colorJitter} as a replayable operation. */
export function colorJitterOperation(options: ColorJitterOptions = {}): Operation<Jitter> {
  const { brightness = 0.4, contrast = 0.4 } = options;
  return {
    name: "colorJitter",
    draw: (_, random) => ({
      brightness: random.uniform(Math.max(0, 1 - brightness), 1 + brightness),
      contrast: random.uniform(Math.max(0, 1 - contrast), 1 + contrast),
      contrastFirst: random.integer(0, 2),
    }),
    apply: ({ image }, jitter) => {
      const steps = [
        (raster: Raster): Raster => blended(raster, 0, jitter.brightness),
        (raster: Raster): Raster => blended(raster, meanOf(raster), jitter.contrast),
      ];
      if (jitter.contrastFirst === 1) steps.reverse();
      return { image: steps.reduce((raster, step) => step(raster), image) };
    },
  };
}

function meanOf({ data }: Raster): number {
  let sum = 0;
  for (const value of data) sum += value;
  return sum / data.length;
}

/** `factor · x + (1 − factor) · other`, cut to [0, 1] as PIL's `ImageEnhance` does. */
function blended({ data, shape }: Raster, other: number, factor: number): Raster {
  const shift = (1 - factor) * other;
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i += 1) {
    const value = factor * (data[i] as number) + shift;
    out[i] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
  return { data: out, shape };
}

/**
 * Brightness and contrast by random factors in random order: torchvision's `ColorJitter` on grey
 * images, where its saturation and hue do nothing (`ColorJitter(0.4, 0.4, 0.4, 0.1)` is this).
 */
export function colorJitter(options: ColorJitterOptions = {}): Transform {
  return transformOf(colorJitterOperation(options));
}

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
    apply: ({ image }, { sigma }) => ({ image: blurred(image, gaussian(sigma)) }),
  };
}

/** A normalised Gaussian kernel out to four standard deviations. */
function gaussian(sigma: number): Float64Array {
  const radius = Math.max(1, Math.ceil(4 * sigma));
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((a, b) => a + b, 0);
  return kernel.map((value) => value / total);
}

function blurred(image: Raster, kernel: Float64Array): Raster {
  return alongColumns(alongRows(image, kernel), kernel);
}

function alongRows({ data, shape }: Raster, kernel: Float64Array): Raster {
  const [height, width] = shape;
  const radius = kernel.length >> 1;
  const padded = new Float32Array(width + 2 * radius);
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y += 1) {
    const row = data.subarray(y * width, (y + 1) * width);
    padded.fill(row[0] as number, 0, radius).fill(row[width - 1] as number, radius + width);
    padded.set(row, radius);
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k += 1)
        sum += (kernel[k] as number) * (padded[x + k] as number);
      out[y * width + x] = sum;
    }
  }
  return { data: out, shape };
}

function alongColumns({ data, shape }: Raster, kernel: Float64Array): Raster {
  const [height, width] = shape;
  const radius = kernel.length >> 1;
  const out = new Float32Array(data.length);
  const sums = new Float64Array(width);
  for (let y = 0; y < height; y += 1) {
    sums.fill(0);
    for (let k = 0; k < kernel.length; k += 1) {
      const weight = kernel[k] as number;
      const row = Math.min(height - 1, Math.max(0, y + k - radius)) * width;
      for (let x = 0; x < width; x += 1)
        sums[x] = (sums[x] as number) + weight * (data[row + x] as number);
    }
    out.set(sums, y * width);
  }
  return { data: out, shape };
}

/**
 * Gaussian blur with a random width, borders repeated. PIL's `GaussianBlur(radius)` takes the standard
 * deviation as its radius too, but approximates the Gaussian by box filters; this is the Gaussian.
 */
export function gaussianBlur(options: GaussianBlurOptions = {}): Transform {
  return transformOf(gaussianBlurOperation(options));
}
