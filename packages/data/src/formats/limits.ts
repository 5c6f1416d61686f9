import { stat } from "node:fs/promises";
import { ImageError } from "../image.ts";

/** What a reader may take, whatever a file says. */
export interface ReadLimits {
  /**
   * Bound in bytes on the pixels that a file declares, unpacked, in the type that it stores them in.
   * It is checked before memory is taken for them, and nothing is unpacked beyond it. Pixels whose type
   * changes (to 32-bit floats, at most) need room for both.
   *
   * @defaultValue 2 GiB
   */
  readonly maxBytes?: number;
  /** Bound in seconds on one decoder's work on one image. @defaultValue 60 */
  readonly maxSeconds?: number;
}

/** 2 GiB. */
export const DEFAULT_MAX_BYTES: number = 2 * 2 ** 30;

/** 60 s. */
export const DEFAULT_MAX_SECONDS = 60;

/** The number of pixels of a shape that a file declares. @throws ImageError beyond the bound. */
export function checkSize(
  path: string,
  shape: readonly number[],
  bytesPerPixel: number,
  { maxBytes = DEFAULT_MAX_BYTES }: ReadLimits,
): number {
  if (shape.length === 0 || !shape.every((side) => Number.isSafeInteger(side) && side > 0)) {
    throw new ImageError(`${path}: expected sides of 1 or more, it says [${shape.join(", ")}].`);
  }
  const count = shape.reduce((product, side) => product * side, 1);
  const bytes = count * bytesPerPixel;
  if (bytes > maxBytes) {
    throw new ImageError(
      `${path} declares [${shape.join(", ")}] pixels, ${megabytes(bytes)}; at most ` +
        `${megabytes(maxBytes)} are read. Raise maxBytes if that is right.`,
    );
  }
  return count;
}

/** A file's size in bytes. @throws ImageError where there is no such file. */
export async function fileSize(path: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw imageError(path, "could not be opened", error);
  });
  if (!found.isFile()) throw new ImageError(`${path} is not a file.`);
  return found.size;
}

/** Makes an {@link ImageError} of whatever a library threw; one that is already stays as it is. */
export function imageError(path: string, what: string, error: unknown): ImageError {
  if (error instanceof ImageError) return error;
  return new ImageError(`${path} ${what} (${reason(error)}).`);
}

/** One line on what went wrong; libraries throw errors, strings and numbers. */
export function reason(error: unknown): string {
  if (error instanceof Error) return (error.message || error.name).split("\n")[0] as string;
  if (typeof error === "object" && error !== null && "exception" in error) {
    return reason(error.exception);
  }
  return String(error).split("\n")[0] as string;
}

/** A size for people. */
export function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${bytes} bytes` : `${Math.round(bytes / 1e6).toLocaleString("en-GB")} MB`;
}
