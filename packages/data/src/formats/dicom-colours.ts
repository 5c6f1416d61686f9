import type { Pixels } from "@dira/augmentations";
import sharp from "sharp";
import { ImageError } from "../image.ts";
import type { DicomFrame } from "./dicom-decode.ts";
import type { DicomHeader } from "./dicom-header.ts";
import { nativeOrder } from "./dicom-file.ts";
import { type DicomLuts, lookUp, type LookUpTable } from "./dicom-luts.ts";
import { imageError } from "./limits.ts";
import { sharedCopy } from "./shared-memory.ts";

const KNOWN = ["RGB", "YBR_FULL", "YBR_RCT", "YBR_ICT", "YBR_FULL_422"];

/** Colours of 8 bits to grey, as `decodeImage` does it. */
export async function luminance(frame: DicomFrame, header: DicomHeader): Promise<Pixels> {
  const { path, rows, columns, photometric } = header;
  if (frame.samples === 1) return sharedCopy(path, frame.bytes);
  const data = frame.width === 2 ? narrowed(frame.bytes) : frame.bytes;
  const size = rows * columns * 3;
  if (
    frame.samples !== 3 ||
    !KNOWN.includes(photometric) ||
    header.bitsStored > 8 ||
    data.length !== size
  ) {
    throw new ImageError(
      `${path} holds colours (${photometric}, ${header.bitsStored} bits) of a kind that is not read; RGB and YBR_FULL of 8 bits are.`,
    );
  }
  const rgb = frame.planar ? interleaved(data) : new Uint8Array(data);
  // Decoders of compressed pixels give RGB, where they do not give grey.
  const halved = photometric === "YBR_FULL_422" && nativeOrder(header.transferSyntax) !== undefined;
  if (photometric === "YBR_FULL" || halved) toRgb(rgb);
  return grey(rgb, header);
}

/** Palette colours to grey: 8 bits of each entry, as other colours. */
export function paletteLuminance(
  indices: Pixels,
  palette: NonNullable<DicomLuts["palette"]>,
  header: DicomHeader,
): Promise<Pixels> {
  const rgb = new Uint8Array(indices.length * 3);
  palette.forEach((table, colour) => {
    const narrow = { ...table, entries: eightBits(table) };
    indices.forEach((index, i) => {
      rgb[3 * i + colour] = lookUp(narrow, index);
    });
  });
  return grey(rgb, header);
}

function eightBits({ bits, entries }: LookUpTable): Uint16Array {
  const largest = 2 ** bits - 1;
  return entries.map((value) => Math.round((255 * Math.min(value, largest)) / largest));
}

async function grey(
  rgb: Uint8Array,
  { path, rows, columns }: Pick<DicomHeader, "path" | "rows" | "columns">,
): Promise<Pixels> {
  const raw = { width: columns, height: rows, channels: 3 } as const;
  try {
    return sharedCopy(path, await sharp(rgb, { raw }).toColourspace("b-w").raw().toBuffer());
  } catch (error) {
    throw imageError(path, "could not be made grey", error);
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
