import type { Pixels } from "@dira/augmentations";
import sharp from "sharp";
import { ImageError } from "../image.ts";
import type { DicomFrame } from "./dicom-decode.ts";
import type { DicomHeader, DicomWindow } from "./dicom-header.ts";
import { sharedBytes, sharedCopy } from "./limits.ts";
import { type PixelType, toPixels } from "./pixel-types.ts";

/**
 * How stored values become grey: `"none"` gives `stored · slope + intercept`; `"file"` the file's first
 * window, or the whole range where it has none; `"range"` the whole range of the stored bits.
 */
export type DicomGrey = "none" | "file" | "range" | DicomWindow;

/** A frame's values as pixels. */
export async function frameValues(
  frame: DicomFrame,
  header: DicomHeader,
  grey: DicomGrey,
): Promise<Pixels> {
  if (header.samplesPerPixel !== 1) return luminance(frame, header);
  if (!/^MONOCHROME[12]$/.test(header.photometric) && frame.samples !== 1) {
    throw new ImageError(`${header.path} has photometric interpretation ${header.photometric}.`);
  }
  if (header.photometric === "PALETTE COLOR") {
    throw new ImageError(`${header.path} has palette colours, which are not read.`);
  }
  const inverted = header.photometric === "MONOCHROME1";
  const stored = storedBytes(frame, header, inverted && grey === "none");
  const { slope, intercept, path } = header;
  const values = toPixels(path, {
    bytes: stored,
    type: typeOf(frame.width, header),
    slope,
    intercept,
  });
  const window = windowFor(header, grey);
  return window === undefined ? values : windowed(header, values, window, inverted);
}

function typeOf(width: number, { signed }: DicomHeader): PixelType {
  return `${signed ? "i" : "u"}${width}` as PixelType;
}

/** The stored bits only: shifted down, other bits cut off, the sign carried up, perhaps inverted. */
function storedBytes(
  { bytes, width }: DicomFrame,
  header: DicomHeader,
  invert: boolean,
): Uint8Array<SharedArrayBuffer> {
  const out = sharedCopy(header.path, bytes);
  const { bitsStored, signed } = header;
  const unused = width * 8 - bitsStored;
  if ((unused <= 0 && !invert) || width === 4) {
    if (width === 4 && (unused > 0 || invert)) {
      throw new ImageError(`${header.path}: 32-bit pixels are read only whole and not inverted.`);
    }
    return out;
  }
  const values =
    width === 1
      ? new Uint8Array(out.buffer)
      : new Uint16Array(out.buffer, 0, Math.floor(out.length / 2));
  const down = Math.max(0, header.highBit + 1 - bitsStored);
  const up = 32 - Math.min(bitsStored, width * 8);
  for (let i = 0; i < values.length; i += 1) {
    const shifted = ((values[i] as number) >> down) << up;
    const value = signed ? shifted >> up : shifted >>> up;
    // Largest and smallest change places: −1 − v and 2ⁿ − 1 − v have the bits of ~v.
    values[i] = invert ? (signed ? ~value : (~value << up) >>> up) : value;
  }
  return out;
}

function windowFor(header: DicomHeader, grey: DicomGrey): DicomWindow | undefined {
  if (grey === "none") return undefined;
  if (typeof grey === "object") {
    if (grey.width > 0 && Number.isFinite(grey.width) && Number.isFinite(grey.center)) return grey;
    throw new ImageError(
      `${header.path}: expected a window of a width above 0, got center ${grey.center}, width ${grey.width}.`,
    );
  }
  if (grey === "file" && header.window !== undefined) return header.window;
  const { bitsStored, signed, slope, intercept } = header;
  const low = signed ? -(2 ** (bitsStored - 1)) : 0;
  const ends = [low, low + 2 ** bitsStored - 1].map((stored) => stored * slope + intercept);
  const [from = 0, to = 0] = ends.sort((a, b) => a - b);
  return { center: (from + to) / 2, width: Math.max(to - from, 1e-6), shape: "LINEAR_EXACT" };
}

/** Shares of white, full range: in 8 bits where as many are stored, else in 16. */
function windowed(
  header: DicomHeader,
  values: Pixels,
  window: DicomWindow,
  inverted: boolean,
): Pixels {
  const narrow = header.bitsStored <= 8;
  const out = narrow
    ? new Uint8Array(sharedBytes(header.path, values.length).buffer)
    : new Uint16Array(sharedBytes(header.path, values.length * 2).buffer);
  const white = narrow ? 255 : 65_535;
  for (let i = 0; i < values.length; i += 1) {
    const share = shareOf(values[i] as number, window);
    out[i] = Math.round((inverted ? 1 - share : share) * white);
  }
  return out;
}

/** DICOM PS3.3, C.11.2.1.2 and C.11.2.1.3, with an output from 0 to 1. */
export function shareOf(value: number, { center, width, shape = "LINEAR" }: DicomWindow): number {
  if (shape === "SIGMOID") return 1 / (1 + Math.exp((-4 * (value - center)) / width));
  const share =
    shape === "LINEAR" && width > 1
      ? (value - (center - 0.5)) / (width - 1) + 0.5
      : (value - center) / width + 0.5;
  return Math.max(0, Math.min(1, share));
}

/** Colours of 8 bits to grey, as {@link decodeImage} does it. */
async function luminance(frame: DicomFrame, header: DicomHeader): Promise<Pixels> {
  const { path, rows, columns, photometric } = header;
  if (frame.samples === 1) return sharedCopy(path, frame.bytes);
  const known = ["RGB", "YBR_FULL", "YBR_RCT", "YBR_ICT", "YBR_FULL_422"].includes(photometric);
  const size = rows * columns * 3;
  const data = frame.width === 2 ? narrowed(frame.bytes) : frame.bytes;
  if (frame.samples !== 3 || !known || header.bitsStored > 8 || data.length !== size) {
    throw new ImageError(
      `${path} holds colours (${photometric}, ${header.bitsStored} bits) of a kind that is not read; RGB and YBR_FULL of 8 bits are.`,
    );
  }
  const rgb = frame.planar ? interleaved(data) : new Uint8Array(data);
  // Decoders of JPEG 2000 give RGB.
  if (photometric === "YBR_FULL") toRgb(rgb);
  const raw = { width: columns, height: rows, channels: 3 } as const;
  try {
    return sharedCopy(path, await sharp(rgb, { raw }).toColourspace("b-w").raw().toBuffer());
  } catch (error) {
    throw new ImageError(`${path} could not be made grey (${String(error)}).`);
  }
}

function narrowed(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: bytes.length / 2 }, (_, i) => bytes[2 * i] as number);
}

function interleaved(planes: Uint8Array): Uint8Array {
  const pixels = planes.length / 3;
  return Uint8Array.from(planes, (_, i) => planes[(i % 3) * pixels + Math.floor(i / 3)] as number);
}

/** PS3.3, C.7.6.3.1.2. */
function toRgb(pixels: Uint8Array): void {
  const clamped = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length);
  for (let i = 0; i + 2 < pixels.length; i += 3) {
    const y = pixels[i] as number;
    const [blue, red] = [(pixels[i + 1] as number) - 128, (pixels[i + 2] as number) - 128];
    clamped[i] = y + 1.402 * red;
    clamped[i + 1] = y - 0.344136 * blue - 0.714136 * red;
    clamped[i + 2] = y + 1.772 * blue;
  }
}
