import type { Pixels } from "@dira/augmentations";
import type { Scan } from "../image.ts";
import { decodeFrame } from "./dicom-decode.ts";
import { openDicom } from "./dicom-file.ts";
import { framesOf } from "./dicom-frames.ts";
import { dicomHeader, type DicomHeader } from "./dicom-header.ts";
import { type DicomLuts, lutsOf } from "./dicom-luts.ts";
import { framePlaces } from "./dicom-places.ts";
import { type DicomGrey, frameValues } from "./dicom-values.ts";
import { checkSize, type ReadLimits } from "./limits.ts";
import { stackSlices } from "./stack.ts";
import { orderSlices } from "./slice-order.ts";

/** Options of {@link readDicom}. */
export interface DicomOptions extends ReadLimits {
  /**
   * How stored values become grey. `"none"`: `stored · slope + intercept`, Hounsfield units for CT; or the
   * values of the file's Modality LUT. `"file"`: those shown through the file's VOI LUT, else through its
   * first window (Window Center and Width), else through the whole range of its bits; `"range"`: the whole
   * range of its bits; or a window of your own. Pixels shown so are 8 bits where at most 8 are stored, else
   * 16, black 0 and white the largest. With `"none"` 12 stored bits come as they are, 0 to 4095 of a
   * `Uint16Array`, whose white is 65,535: too dark to look at or train on. Data sets of images read `"file"`.
   *
   * @defaultValue "none"
   */
  readonly window?: DicomGrey;
}

/**
 * Reads a DICOM file: an image, or a volume where it has several frames. Uncompressed of either byte
 * order, deflated, RLE, JPEG (baseline, extended, lossless), JPEG-LS and JPEG 2000; 1 to 16 bits stored,
 * 32 allocated, signed or not. Only the stored bits count. MONOCHROME1 is inverted, within the range of
 * its stored bits, so that more always means brighter; colours of 8 bits and palettes become luminance.
 *
 * Types are {@link readScan}'s: CT usually comes as `Int16Array`. An image has spacing where the file says
 * it (Pixel Spacing, else Imager Pixel Spacing). Frames are put in order along their normal, and the
 * volume has its geometry, where the file gives each frame its own place at regular distances; else
 * (films, several segments) they stay in the file's order and have none.
 *
 * @throws ImageError when the file is missing, cut short, damaged, too large, or of a kind not read.
 */
export async function readDicom(path: string, options: DicomOptions = {}): Promise<Scan> {
  const file = await openDicom(path, "whole", options);
  const header = dicomHeader(file);
  const { rows, columns, frames } = header;
  checkSize(path, [frames, rows, columns], storedWidth(header), options);
  const stored = framesOf(file, header);
  const luts = lutsOf(file, header);
  const read = (i: number): Promise<Pixels> =>
    decodePixels(stored[i] as Uint8Array, header, options, luts);
  if (frames === 1) {
    const { pixelSpacing } = header;
    const data = await read(0);
    return { data, shape: [rows, columns], ...(pixelSpacing && { spacing: pixelSpacing }) };
  }
  const { order, ...geometry } = orderSlices(framePlaces(file, header)) ?? { order: undefined };
  const data = await stackSlices(path, frames, (i) => read(order?.[i] ?? i));
  return { data, shape: [frames, rows, columns], ...geometry };
}

/** Bytes that a pixel declares, colours included. */
export function storedWidth({ bitsAllocated, samplesPerPixel }: DicomHeader): number {
  return Math.max(1, bitsAllocated / 8) * samplesPerPixel;
}

/** Reads the only frame of a slice. */
export async function readSlice(path: string, options: DicomOptions): Promise<Pixels> {
  const file = await openDicom(path, "whole", options);
  const header = dicomHeader(file);
  checkSize(path, [header.frames, header.rows, header.columns], storedWidth(header), options);
  const [stored] = framesOf(file, header) as [Uint8Array];
  return decodePixels(stored, header, options, lutsOf(file, header));
}

async function decodePixels(
  stored: Uint8Array,
  header: DicomHeader,
  options: DicomOptions,
  luts: DicomLuts,
): Promise<Pixels> {
  const frame = await decodeFrame(stored, header, options);
  return frameValues(frame, header, options.window ?? "none", luts);
}
