import type { Random } from "@dira/random";

/** Pixels as they are kept: floats in [0, 1], or whole numbers of which the largest means 1. */
export type Pixels = Float32Array | Uint8Array | Uint16Array;

/** A grey image or volume in memory. */
export interface Raster<Data extends Pixels = Float32Array> {
  /** The last axis runs fastest. Intensities: [0, 1], or 0–255 (`Uint8Array`), 0–65535 (`Uint16Array`). */
  readonly data: Data;
  /** `[height, width]` or `[depth, height, width]`, in pixels. */
  readonly shape: readonly number[];
  /** Distance between pixels in mm along each axis, where known. */
  readonly spacing?: readonly number[];
}

/** What was done to a sample, with every number that was drawn: enough to do it again. */
export interface TransformRecord {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number | readonly number[]>>;
}

/** An image on its way through transforms. */
export interface Sample {
  readonly image: Raster;
  /** Labels per pixel, of the image's shape. Moves with the image; intensities leave it alone. */
  readonly mask?: Raster<Uint8Array>;
  /** Of the image's shape, 1 where in-painting has put something else. Moves with the image. */
  readonly inpainted?: Uint8Array;
  readonly history: readonly TransformRecord[];
}

/** Changes a sample; never the one it is given. All its chance comes from `random`. */
export type Transform = (sample: Sample, random: Random) => Sample;

/** A transform in two steps, so that what was drawn can be recorded and replayed. */
export interface Operation<P extends TransformRecord["parameters"]> {
  readonly name: string;
  /** Draws everything that is random, for an image of this shape. */
  draw(shape: readonly number[], random: Random): P;
  /** Does it with what was drawn; leaves the sample it is given as it is. */
  apply(sample: Sample, parameters: P): Sample;
}

/** Makes a transform of an operation: draws, applies, records. */
export function transformOf<P extends TransformRecord["parameters"]>(
  operation: Operation<P>,
): Transform {
  return (sample, random) => {
    const parameters = operation.draw(sample.image.shape, random.derive(operation.name));
    const record = { name: operation.name, parameters };
    return { ...operation.apply(sample, parameters), history: [...sample.history, record] };
  };
}

/** The pixels that a shape holds. */
export function pixelCount(shape: readonly number[]): number {
  return shape.reduce((count, side) => count * side, 1);
}

/** What the largest intensity of pixels stands for: 255, 65535, or 1 for floats. */
export function maxValueOf(data: Pixels): number {
  if (data instanceof Uint8Array) return 255;
  return data instanceof Uint16Array ? 65535 : 1;
}

/**
 * A sample with no history.
 *
 * @param image - whole-number pixels are scaled to [0, 1]; floats are taken as they are.
 * @throws Error when data and shape disagree.
 */
export function sampleOf(image: Raster<Pixels>, mask?: Raster<Uint8Array>): Sample {
  checkRaster("image", image);
  if (mask !== undefined) checkRaster("mask", mask);
  return { image: floatsOf(image), ...(mask === undefined ? {} : { mask }), history: [] };
}

/** Throws where pixels and shape do not go together. */
export function checkRaster(what: string, { data, shape }: Raster<Pixels>): void {
  const whole = shape.every((side) => Number.isInteger(side) && side > 0);
  if ((shape.length === 2 || shape.length === 3) && whole && pixelCount(shape) === data.length) {
    return;
  }
  throw new Error(
    `${what}: expected 2 or 3 sides that multiply to its ${data.length} pixels, got [${shape.join(", ")}].`,
  );
}

function floatsOf(image: Raster<Pixels>): Raster {
  const { data } = image;
  if (data instanceof Float32Array) return { ...image, data };
  const scale = 1 / maxValueOf(data);
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i += 1) out[i] = (data[i] as number) * scale;
  return { ...image, data: out };
}
