/** A decoded grey image, ready to be shared with workers. */
export interface GreyImage {
  /** 0 … 65535, row by row; 8-bit sources are widened by 257, so 255 becomes 65535. */
  readonly data: Uint16Array<SharedArrayBuffer>;
  /** `[height, width]`. */
  readonly shape: readonly [number, number];
}

/** A set of images that can be read by number. */
export interface ImageSet {
  readonly name: string;
  readonly length: number;
  /** A name for people, e.g. the file's. */
  id(index: number): string;
  /**
   * Reads an image, shrunk so that its shorter side is at most `side`.
   *
   * @throws ImageError when the file is missing, truncated or no image.
   */
  read(index: number, side: number): Promise<GreyImage>;
  /** The image's patient, where known. */
  patient?(index: number): string;
  /** Per label 0 or 1, where known. */
  labels?(index: number): readonly number[];
  readonly labelNames?: readonly string[];
}

/** An image can't be read; the message names it. */
export class ImageError extends Error {
  override name: string = "ImageError";
}

/** A data set can't be opened; the message says what is missing. */
export class DataError extends Error {
  override name: string = "DataError";
}
