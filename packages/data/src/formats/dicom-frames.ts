import dicomParser, { type Element } from "dicom-parser";
import { ImageError } from "../image.ts";
import { type DicomFile, nativeOrder } from "./dicom-file.ts";
import type { DicomHeader } from "./dicom-header.ts";
import { imageError } from "./limits.ts";

/**
 * The bytes of each frame as they are stored: pixels, or a compressed image.
 *
 * @throws ImageError where the file holds fewer than it declares.
 */
export function framesOf(file: DicomFile, header: DicomHeader): Uint8Array[] {
  const { path, bytes, data, transferSyntax } = file;
  const element = data.elements["x7fe00010"];
  if (element === undefined) throw new ImageError(`${path} holds no pixels (7fe0,0010).`);
  if (nativeOrder(transferSyntax) === undefined) return encapsulated(file, header, element);
  // Two pixels share their colours.
  const halved = header.photometric === "YBR_FULL_422";
  const pixels = header.rows * header.columns * (halved ? 2 : header.samplesPerPixel);
  if (halved && (header.columns % 2 !== 0 || header.bitsAllocated !== 8 || header.planar)) {
    throw new ImageError(
      `${path}: YBR_FULL_422 pixels are expected in pairs of 8 bits, it has ${header.columns} columns of ${header.bitsAllocated} bits.`,
    );
  }
  const bits = pixels * header.bitsAllocated;
  const total = Math.ceil((bits * header.frames) / 8);
  const stored = Math.min(element.length, bytes.length - element.dataOffset);
  if (element.encapsulatedPixelData || stored < total) {
    throw new ImageError(
      `${path} is cut short or damaged: ${total} bytes of pixels are expected, it has ${stored}.`,
    );
  }
  const all = bytes.subarray(element.dataOffset, element.dataOffset + total);
  // Frames of single bits follow each other without padding.
  if (header.bitsAllocated === 1) return splitBits(all, pixels, header.frames);
  return Array.from({ length: header.frames }, (_, i) =>
    all.subarray((i * bits) / 8, ((i + 1) * bits) / 8),
  );
}

/** Bits, the lowest first, as bytes of 0 and 1. */
function splitBits(all: Uint8Array, pixels: number, frames: number): Uint8Array[] {
  return Array.from({ length: frames }, (_, frame) =>
    Uint8Array.from({ length: pixels }, (_unused, i) => {
      const bit = frame * pixels + i;
      return ((all[bit >> 3] as number) >> (bit & 7)) & 1;
    }),
  );
}

function encapsulated(file: DicomFile, header: DicomHeader, element: Element): Uint8Array[] {
  const { path, bytes, data } = file;
  const { frames } = header;
  const fragments = element.fragments ?? [];
  const join = (from: number, to: number): Uint8Array => {
    const parts = fragments.slice(from, to).map(({ position, length }) => {
      if (position + length <= bytes.length) return bytes.subarray(position, position + length);
      throw new ImageError(`${path} is cut short within its compressed pixels.`);
    });
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  };
  if (fragments.length < frames) {
    throw new ImageError(
      `${path} declares ${frames} frames; ${fragments.length} compressed pieces were found.`,
    );
  }
  if (frames === 1) return [join(0, fragments.length)];
  if (fragments.length === frames) return fragments.map((_, i) => join(i, i + 1));
  const starts = startsOf(path, () =>
    element.basicOffsetTable?.length === frames
      ? element.basicOffsetTable
      : dicomParser.createJPEGBasicOffsetTable(data, element),
  );
  const firsts = starts.map((offset) => fragments.findIndex((piece) => piece.offset === offset));
  if (firsts.length !== frames || firsts.some((at, i) => at < 0 || at <= (firsts[i - 1] ?? -1))) {
    throw new ImageError(`${path}: its ${frames} frames can't be told apart (offset table).`);
  }
  return firsts.map((first, i) => join(first, firsts[i + 1] ?? fragments.length));
}

function startsOf(path: string, find: () => number[]): number[] {
  try {
    return find();
  } catch (error) {
    throw imageError(path, "has frames that can't be told apart", error);
  }
}
