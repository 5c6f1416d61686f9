import type { Scan } from "../image.ts";
import { withBytes } from "./byte-source.ts";
import { checkSize, type ReadLimits } from "./limits.ts";
import { bytesOf, type PixelType, toPixels } from "./pixel-types.ts";
import { sharedBytes } from "./shared-memory.ts";

/** What a file without header holds. */
export interface RawArray extends Pick<Scan, "shape" | "spacing" | "origin" | "direction"> {
  readonly type: PixelType;
  /** @defaultValue true */
  readonly littleEndian?: boolean;
  /** Bytes before the first pixel. @defaultValue 0 */
  readonly offset?: number;
}

/**
 * Reads pixels without a header: `shape` says how many, the last axis fastest.
 *
 * @throws ImageError when the file is missing, too short or too large.
 */
export async function readRawArray(
  path: string,
  raw: RawArray,
  limits: ReadLimits = {},
): Promise<Scan> {
  const { type, littleEndian = true, offset = 0, ...scan } = raw;
  const bytes = sharedBytes(
    path,
    checkSize(path, raw.shape, bytesOf(type), limits) * bytesOf(type),
  );
  await withBytes(path, { start: offset }, (source) => source.into(bytes));
  return { ...scan, data: toPixels(path, { bytes, type, littleEndian }) };
}
