/** A decoded grey image, in memory that workers share. */
export interface GreyImage {
  /** Row by row, as many bits as the file had. */
  readonly data: Uint8Array<SharedArrayBuffer> | Uint16Array<SharedArrayBuffer>;
  readonly width: number;
  readonly height: number;
  /** What white is: 255 or 65535. */
  readonly maxValue: number;
}

/** Where a finding lies. */
export interface FindingBox {
  readonly label: string;
  /** `[x, y, width, height]` in pixels of the image as released. */
  readonly box: readonly [number, number, number, number];
}

/** A set of images that can be read by number. */
export interface ImageSet {
  readonly name: string;
  readonly length: number;
  /** A name for people, e.g. the file's. */
  id(index: number): string;
  /**
   * Reads an image; with `side`, shrunk so that its shorter side is at most that.
   *
   * @throws ImageError when the file is missing, truncated or no image.
   */
  read(index: number, side?: number): Promise<GreyImage>;
  /** The image's patient, where known. */
  patient?(index: number): string;
  /** Per label 0 or 1, where known. */
  labels?(index: number): readonly number[];
  readonly labelNames?: readonly string[];
  /** Where findings lie, where that is known. */
  boxes?(index: number): readonly FindingBox[];
  /** The splits that the data set comes with. */
  readonly splits?: readonly string[];
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
