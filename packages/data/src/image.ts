import type { LabelledBox, Pixels, Raster } from "@dira/augmentations";
import type { ModuleCall } from "./loader/module-call.ts";

/**
 * A decoded grey image, or a volume; as a rule in memory that workers share, with as many bits as the
 * file had. Volumes carry their spacing, origin and direction; their values are Hounsfield units where
 * the file says so.
 */
export type Scan = Raster<Pixels>;

/** A set of images or volumes that can be read by number. */
export interface ImageSet {
  readonly name: string;
  readonly length: number;
  readonly spatialRank: 2 | 3;
  /** A name for people, e.g. the file's. */
  id(index: number): string;
  /**
   * Reads an image; with `side`, shrunk so that its shorter side is at most that. Volumes are never
   * shrunk.
   *
   * @throws ImageError when the file is missing, truncated or no image.
   */
  read(index: number, side?: number): Promise<Scan>;
  /** How another thread opens this very set; sets that do not say are read in the calling thread. */
  readonly source?: ModuleCall;
  /** Changes when the image does, e.g. its file's path, size and time; undefined where that is unknown. */
  stamp?(index: number): Promise<string | undefined>;
  /** Labels per pixel, of the image's shape as it is read without `side`, where known. */
  mask?(index: number): Promise<Raster<Uint8Array> | undefined>;
  /** What the values of masks mean; value 0 is the background. */
  readonly maskNames?: readonly string[];
  /** The image's patient, where known. */
  patient?(index: number): string;
  /** Per label 0 or 1, or NaN where unknown. */
  labels?(index: number): readonly number[];
  readonly labelNames?: readonly string[];
  /** Where findings lie, in pixels of the image's file, where that is known. */
  boxes?(index: number): readonly LabelledBox[];
  /** The splits that the data set comes with. */
  readonly splits?: readonly string[];
  /** Which layout it was read as, where it was read from a folder. */
  readonly layout?: string;
  /** Where the data set comes from, and what to cite. */
  readonly citation?: string;
  /** The terms that the data come under, in short; the data set's own count. */
  readonly terms?: string;
  /** Things to know that are no reason to stop. */
  readonly warnings?: readonly string[];
}

/** An image can't be read; the message names it. */
export class ImageError extends Error {
  override name: string = "ImageError";
}

/** A data set can't be opened; the message says what is missing. */
export class DataError extends Error {
  override name: string = "DataError";
}
