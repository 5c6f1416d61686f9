import sharp from "sharp";
import { ImageError } from "../image.ts";
import { decodeByCodec } from "./codecs.ts";
import { nativeOrder } from "./dicom-file.ts";
import type { DicomHeader } from "./dicom-header.ts";
import { decodeRle } from "./dicom-rle.ts";
import { decodeExtendedJpeg } from "./jpeg-extended.ts";
import { parseJpegHeader } from "./jpeg-header.ts";
import { decodeLosslessJpeg } from "./jpeg-lossless.ts";
import { DEFAULT_MAX_SECONDS, imageError, type ReadLimits } from "./limits.ts";
import { swapBytes } from "./pixel-types.ts";

/** A frame's stored values. */
export interface DicomFrame {
  /** Little-endian, `width` bytes each. */
  readonly bytes: Uint8Array;
  /** Bytes of a value. */
  readonly width: number;
  /** Values of a pixel: 1, or 3 where it is in colour. */
  readonly samples: number;
  /** One plane per sample, rather than one pixel after the other. */
  readonly planar: boolean;
}

type Decode = (
  frame: Uint8Array,
  header: DicomHeader,
  limits: ReadLimits,
) => DicomFrame | Promise<DicomFrame>;

/** By transfer syntax. The kinds of JPEG are told apart by what the frame says itself. */
const DECODERS: Readonly<Record<string, Decode>> = {
  "1.2.840.10008.1.2.5": rle,
  "1.2.840.10008.1.2.4.50": jpeg,
  "1.2.840.10008.1.2.4.51": jpeg,
  "1.2.840.10008.1.2.4.57": jpeg,
  "1.2.840.10008.1.2.4.70": jpeg,
  "1.2.840.10008.1.2.4.80": jpegLs,
  "1.2.840.10008.1.2.4.81": jpegLs,
  "1.2.840.10008.1.2.4.90": jpeg2000,
  "1.2.840.10008.1.2.4.91": jpeg2000,
};

/**
 * Decodes a frame: uncompressed of either byte order, RLE, JPEG (8 bits by sharp; 12 bits and lossless
 * here), JPEG-LS and JPEG 2000 (by optional codecs).
 *
 * @throws ImageError when it is damaged, of another size than the header says, or of another syntax.
 */
export async function decodeFrame(
  frame: Uint8Array,
  header: DicomHeader,
  limits: ReadLimits,
): Promise<DicomFrame> {
  const { path, transferSyntax, bitsAllocated, samplesPerPixel, planar, photometric } = header;
  const order = nativeOrder(transferSyntax);
  const width = Math.max(1, bitsAllocated / 8);
  if (order !== undefined) {
    const bytes = order === "big" ? new Uint8Array(frame) : frame;
    if (order === "big") swapBytes(bytes, width);
    if (photometric !== "YBR_FULL_422") return { bytes, width, samples: samplesPerPixel, planar };
    return { bytes: unhalved(bytes), width, samples: 3, planar: false };
  }
  const decode = DECODERS[transferSyntax];
  if (decode === undefined) {
    throw new ImageError(
      `${path} has transfer syntax ${transferSyntax}, which is not read; uncompressed, RLE, JPEG, JPEG-LS and JPEG 2000 are.`,
    );
  }
  return decode(frame, header, limits);
}

/** Y₀ Y₁ B R of two pixels each, as Y₀ B R Y₁ B R. PS3.3, C.7.6.3.1.2. */
function unhalved(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array((bytes.length / 2) * 3);
  for (let from = 0, to = 0; from + 3 < bytes.length; from += 4, to += 6) {
    const [first, second, blue, red] = bytes.subarray(from, from + 4);
    out.set([first, blue, red, second, blue, red] as number[], to);
  }
  return out;
}

function rle(frame: Uint8Array, header: DicomHeader): DicomFrame {
  const { path, rows, columns, samplesPerPixel: samples, bitsAllocated } = header;
  const width = Math.max(1, bitsAllocated / 8);
  const bytes = decodeRle(path, frame, { pixels: rows * columns, samples, width });
  return { bytes, width, samples, planar: true };
}

async function jpeg(
  frame: Uint8Array,
  header: DicomHeader,
  { maxSeconds = DEFAULT_MAX_SECONDS }: ReadLimits,
): Promise<DicomFrame> {
  const { path } = header;
  const found = parseJpegHeader(path, frame);
  const samples = found.components.length;
  checkFrame(header, found.height, found.width, samples);
  if (found.kind === 3) return words(decodeLosslessJpeg(path, frame, found), samples);
  if (found.bits === 12 && found.kind < 2) {
    return words(decodeExtendedJpeg(path, frame, found), samples);
  }
  try {
    const bytes = await sharp(frame, { failOn: "truncated" })
      .timeout({ seconds: maxSeconds })
      .toColourspace("b-w")
      .raw()
      .toBuffer();
    return { bytes, width: 1, samples: 1, planar: false };
  } catch (error) {
    throw imageError(path, "holds a JPEG that could not be decoded", error);
  }
}

function words(values: Uint16Array, samples: number): DicomFrame {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { bytes, width: 2, samples, planar: false };
}

async function jpegLs(
  frame: Uint8Array,
  header: DicomHeader,
  limits: ReadLimits,
): Promise<DicomFrame> {
  // SOF55: bits, height, width, components.
  const at = indexOfMarker(frame, 0xff, 0xf7);
  const view = Buffer.from(frame.buffer, frame.byteOffset, frame.length);
  if (at < 0 || at + 10 > view.length) {
    throw new ImageError(`${header.path}: its JPEG-LS header is damaged.`);
  }
  const samples = view[at + 9] as number;
  checkFrame(header, view.readUInt16BE(at + 5), view.readUInt16BE(at + 7), samples);
  return byCodec("jpeg-ls", frame, header, limits);
}

async function jpeg2000(
  frame: Uint8Array,
  header: DicomHeader,
  limits: ReadLimits,
): Promise<DicomFrame> {
  // SOC, then SIZ: capabilities, then the corners of the image and of the tiles, then components.
  const at = indexOfMarker(frame, 0xff, 0x4f, 0xff, 0x51) + 2;
  const view = Buffer.from(frame.buffer, frame.byteOffset, frame.length);
  if (at < 2 || at + 40 > view.length) {
    throw new ImageError(`${header.path}: its JPEG 2000 header is damaged.`);
  }
  const corner = (offset: number): number => view.readUInt32BE(at + offset);
  const samples = view.readUInt16BE(at + 38);
  checkFrame(header, corner(10) - corner(18), corner(6) - corner(14), samples);
  return byCodec("jpeg-2000", frame, header, limits);
}

function indexOfMarker(bytes: Uint8Array, ...marker: number[]): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096)).indexOf(
    Buffer.from(marker),
  );
}

async function byCodec(
  codec: "jpeg-ls" | "jpeg-2000",
  frame: Uint8Array,
  header: DicomHeader,
  limits: ReadLimits,
): Promise<DicomFrame> {
  const found = await decodeByCodec(header.path, { codec, bytes: frame }, limits);
  checkFrame(header, found.height, found.width, found.samples);
  const { pixels: bytes, bits, samples, planar } = found;
  const width = bits > 8 ? 2 : 1;
  if (bytes.length !== header.rows * header.columns * samples * width) {
    throw new ImageError(
      `${header.path}: its ${codec} pixels are damaged (${bytes.length} bytes).`,
    );
  }
  return { bytes, width, samples, planar };
}

/** A decoder is only let at a frame that is as large as the header, which was checked, says. */
function checkFrame(header: DicomHeader, height: number, width: number, samples: number): void {
  const { path, rows, columns, samplesPerPixel } = header;
  if (height === rows && width === columns && samples === samplesPerPixel) return;
  throw new ImageError(
    `${path}: expected ${rows} × ${columns} pixels of ${samplesPerPixel} values, a compressed frame has ${height} × ${width} of ${samples}.`,
  );
}
