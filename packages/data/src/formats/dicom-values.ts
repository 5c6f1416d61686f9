import type { Pixels } from "@dira/augmentations";
import { ImageError } from "../image.ts";
import type { DicomFrame } from "./dicom-decode.ts";
import { luminance, paletteLuminance } from "./dicom-colours.ts";
import type { DicomHeader, DicomWindow } from "./dicom-header.ts";
import { type DicomLuts, lookUp, type LookUpTable } from "./dicom-luts.ts";
import { type PixelType, toPixels } from "./pixel-types.ts";
import { sharedBytes, sharedCopy } from "./shared-memory.ts";

/**
 * How stored values become grey: `"none"` gives `stored · slope + intercept`, or what the Modality LUT has
 * for them; `"file"` shows those through the file's VOI LUT, else its first window, else the whole range;
 * `"range"` the whole range of the stored bits.
 */
export type DicomGrey = "none" | "file" | "range" | DicomWindow;

/** A frame's values as pixels. */
export async function frameValues(
  frame: DicomFrame,
  header: DicomHeader,
  grey: DicomGrey,
  luts: DicomLuts,
): Promise<Pixels> {
  if (header.samplesPerPixel !== 1) return luminance(frame, header);
  if (!/^MONOCHROME[12]$/.test(header.photometric) && frame.samples !== 1) {
    throw new ImageError(`${header.path} has photometric interpretation ${header.photometric}.`);
  }
  const { slope, intercept, path } = header;
  const { modality, voi, palette } = luts;
  const mapped = modality !== undefined || palette !== undefined;
  const inverted = header.photometric === "MONOCHROME1";
  const values = toPixels(path, {
    bytes: storedBytes(frame, header, inverted && grey === "none" && !mapped),
    type: typeOf(frame.width, header),
    ...(!mapped && { slope, intercept }),
  });
  if (palette !== undefined) return paletteLuminance(values, palette, header);
  const shown = modality === undefined ? values : looked(path, values, modality);
  if (grey === "none") {
    return modality !== undefined && inverted ? turned(path, shown, modality) : shown;
  }
  if (grey === "file" && voi !== undefined) {
    const largest = 2 ** voi.bits - 1;
    return shares(header, shown, inverted, (value) => lookUp(voi, value) / largest);
  }
  const window = windowFor(header, grey, modality);
  return shares(header, shown, inverted, (value) => shareOf(value, window));
}

/** What a table has for values, in as many bytes as its entries need. */
function looked(path: string, values: Pixels, table: LookUpTable): Pixels {
  const out = tableBytes(path, values.length, table);
  for (let i = 0; i < out.length; i += 1) out[i] = lookUp(table, values[i] as number);
  return out;
}

/** The largest and smallest that a table can hold change places. */
function turned(path: string, values: Pixels, table: LookUpTable): Pixels {
  const out = tableBytes(path, values.length, table);
  for (let i = 0; i < out.length; i += 1) out[i] = 2 ** table.bits - 1 - (values[i] as number);
  return out;
}

function tableBytes(path: string, count: number, { bits }: LookUpTable): Uint8Array | Uint16Array {
  if (bits <= 8) return sharedBytes(path, count);
  return new Uint16Array(sharedBytes(path, count * 2).buffer);
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

function windowFor(
  header: DicomHeader,
  grey: Exclude<DicomGrey, "none">,
  modality: LookUpTable | undefined,
): DicomWindow {
  if (typeof grey === "object") {
    if (grey.width > 0 && Number.isFinite(grey.width) && Number.isFinite(grey.center)) return grey;
    throw new ImageError(
      `${header.path}: expected a window of a width above 0, got center ${grey.center}, width ${grey.width}.`,
    );
  }
  if (grey === "file" && header.window !== undefined) return header.window;
  const { bitsStored, signed, slope, intercept } = header;
  const low = signed ? -(2 ** (bitsStored - 1)) : 0;
  const ends =
    modality === undefined
      ? [low, low + 2 ** bitsStored - 1].map((stored) => stored * slope + intercept)
      : [0, 2 ** modality.bits - 1];
  const [from = 0, to = 0] = ends.sort((a, b) => a - b);
  return { center: (from + to) / 2, width: Math.max(to - from, 1e-6), shape: "LINEAR_EXACT" };
}

/** Shares of white, full range: in 8 bits where as many are stored, else in 16. */
function shares(
  header: DicomHeader,
  values: Pixels,
  inverted: boolean,
  shareFor: (value: number) => number,
): Pixels {
  const narrow = header.bitsStored <= 8;
  const out = narrow
    ? new Uint8Array(sharedBytes(header.path, values.length).buffer)
    : new Uint16Array(sharedBytes(header.path, values.length * 2).buffer);
  const white = narrow ? 255 : 65_535;
  for (let i = 0; i < values.length; i += 1) {
    const share = shareFor(values[i] as number);
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
