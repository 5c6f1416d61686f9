import type { Random } from "@dira/random";
import { DiraError } from "./errors.ts";

/**
 * Pixels as they are kept. Unsigned whole numbers are shares of the largest (255, 65535), which means 1;
 * signed ones and floats are taken as they are: Hounsfield units, say, or intensities in [0, 1].
 */
export type Pixels = Float32Array | Uint8Array | Uint16Array | Int16Array;

/** A grey image or volume in memory. */
export interface Raster<Data extends Pixels = Float32Array> {
  /** The last axis runs fastest. */
  readonly data: Data;
  /** `[height, width]` or `[depth, height, width]`, in pixels. */
  readonly shape: readonly number[];
  /** Distance between pixels in mm along each axis of the shape, where known. */
  readonly spacing?: readonly number[];
  /** World position in mm of the first pixel's centre: `[x, y]` or `[x, y, z]`. @defaultValue all 0 */
  readonly origin?: readonly number[];
  /**
   * Per axis of the shape, the unit vector along which the world position moves with its index, so that
   * `world = origin + Σ_a index[a] · spacing[a] · direction[a]`. The world is DICOM's: x to the patient's
   * left, y to the back, z to the head (LPS).
   *
   * @defaultValue the last axis along x, the one before along y, the one before that along z
   */
  readonly direction?: readonly (readonly number[])[];
}

/** `[start along each axis …, length along each axis …]`, in pixels, axes in the order of the shape. */
export type Box = readonly number[];

/** Where something lies. */
export interface LabelledBox {
  readonly label: string;
  readonly box: Box;
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
  /** Moves with the image: what is left of each box within it. */
  readonly boxes?: readonly LabelledBox[];
  /** Of the image's shape, 1 where in-painting has put something else. Moves with the image. */
  readonly inpainted?: Uint8Array;
  readonly history: readonly TransformRecord[];
}

/** Changes a sample; never the one it is given. All its chance comes from `random`. */
export type Transform = (sample: Sample, random: Random) => Sample;

/** A transform in two steps, so that what was drawn can be recorded and replayed. */
export interface Operation<P extends TransformRecord["parameters"]> {
  readonly name: string;
  /** Whether it moves pixels: what lies over the image moves along, and a prediction can be moved back. */
  readonly spatial?: boolean;
  /** Draws everything that is random, for an image of this shape and, where known, this spacing in mm. */
  draw(shape: readonly number[], random: Random, spacing?: readonly number[]): P;
  /** Does it with what was drawn; leaves the sample it is given as it is. */
  apply(sample: Sample, parameters: P): Sample;
  /** The records that undo it, in the order to apply them; undefined where these numbers allow none. */
  inverse?(parameters: P): readonly TransformRecord[] | undefined;
}

/** Makes a transform of an operation: draws, applies, records. */
export function transformOf<P extends TransformRecord["parameters"]>(
  operation: Operation<P>,
): Transform {
  return (sample, random) => {
    const { shape, spacing } = sample.image;
    const parameters = operation.draw(shape, random.derive(operation.name), spacing);
    const record = { name: operation.name, parameters };
    return { ...operation.apply(sample, parameters), history: [...sample.history, record] };
  };
}

/** Transforms that keep no hold of what they are given or give. */
const discreet = new WeakSet<Transform>();

/** {@link transformOf}, of an operation that keeps no hold of what it is given or gives. */
export function ownTransformOf<P extends TransformRecord["parameters"]>(
  operation: Operation<P>,
): Transform {
  return markDiscreet(transformOf(operation));
}

/** Says that a transform keeps no hold of its samples, so that what lies between two may be used again. */
export function markDiscreet(transform: Transform, ...parts: readonly Transform[]): Transform {
  if (parts.every((part) => discreet.has(part))) discreet.add(transform);
  return transform;
}

/** Whether {@link markDiscreet} said so. */
export function isDiscreet(transform: Transform): boolean {
  return discreet.has(transform);
}

/** The pixels that a shape holds. */
export function pixelCount(shape: readonly number[]): number {
  return shape.reduce((count, side) => count * side, 1);
}

/** What stands for 1: 255, 65535, or 1 itself where values are taken as they are. */
export function maxValueOf(data: Pixels): number {
  if (data instanceof Uint8Array) return 255;
  return data instanceof Uint16Array ? 65535 : 1;
}

/**
 * A sample with no history.
 *
 * @param image - unsigned pixels are scaled to [0, 1]; others are taken as they are.
 * @throws DiraError for pixels of another type (`Int32Array`, `Float64Array`: convert them first), and when data,
 *   shape, spacing, origin or direction disagree.
 */
export function sampleOf(image: Raster<Pixels>, mask?: Raster<Uint8Array>): Sample {
  checkPair(image, mask);
  return { image: floatsOf(image), ...(mask === undefined ? {} : { mask }), history: [] };
}

/** Throws where image or mask are no rasters, or differ in shape. */
export function checkPair(image: Raster<Pixels>, mask: Raster<Uint8Array> | undefined): void {
  checkRaster("image", image);
  if (mask === undefined) return;
  checkRaster("mask", mask);
  if (String(mask.shape) === String(image.shape)) return;
  throw new DiraError(
    `mask: expected the image's shape [${image.shape.join(", ")}], got [${mask.shape.join(", ")}].`,
  );
}

const KINDS = [Float32Array, Uint8Array, Uint16Array, Int16Array] as const;

/** Throws where pixels are of no kind that is kept, or pixels, shape and place do not go together. */
export function checkRaster(what: string, raster: Raster<Pixels>): void {
  const { data, shape, spacing, origin, direction } = raster;
  if (!KINDS.some((kind) => data instanceof kind)) {
    throw new DiraError(
      `${what}: expected pixels as Float32Array, Uint8Array, Uint16Array or Int16Array, got ${(data as object).constructor.name}. Convert them: Float32Array.from(data).`,
    );
  }
  const whole = shape.every((side) => Number.isInteger(side) && side > 0);
  if (!(shape.length === 2 || shape.length === 3) || !whole || pixelCount(shape) !== data.length) {
    throw new DiraError(
      `${what}: expected 2 or 3 sides that multiply to its ${data.length} pixels, got [${shape.join(", ")}].`,
    );
  }
  for (const [name, values] of Object.entries({ spacing, origin, direction })) {
    if (values === undefined || values.length === shape.length) continue;
    throw new DiraError(
      `${what}: expected \`${name}\` for the ${shape.length} axes of [${shape.join(", ")}], got ${values.length}: [${values.join(", ")}].`,
    );
  }
}

function floatsOf(image: Raster<Pixels>): Raster {
  const { data } = image;
  if (data instanceof Float32Array) return { ...image, data };
  const scale = 1 / maxValueOf(data);
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i += 1) out[i] = (data[i] as number) * scale;
  return { ...image, data: out };
}
