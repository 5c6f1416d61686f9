import { open } from "node:fs/promises";
import { inflateRawSync } from "node:zlib";
import dicomParser, { type DataSet } from "dicom-parser";
import { ImageError } from "../image.ts";
import { checkElementCount, type DicomCoding } from "./dicom-walk.ts";
import { DEFAULT_MAX_BYTES, fileSize, imageError, type ReadLimits } from "./limits.ts";

/** A parsed file. */
export interface DicomFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly data: DataSet;
  readonly transferSyntax: string;
}

const PIXEL_DATA = "x7fe00010";
const DEFLATED = "1.2.840.10008.1.2.1.99";
/** Most headers fit, and few files are shorter. */
const HEAD_BYTES = 128 * 1024;

/**
 * Reads and parses a file, with preamble or without: whole, or as far as its pixels.
 *
 * @throws ImageError when it is missing, damaged, larger than `maxBytes`, or no DICOM.
 */
export async function openDicom(
  path: string,
  part: "whole" | "header",
  limits: ReadLimits = {},
): Promise<DicomFile> {
  const { maxBytes = DEFAULT_MAX_BYTES } = limits;
  const size = await fileSize(path);
  if (part === "header" && size > HEAD_BYTES) {
    const head = await firstBytes(path, HEAD_BYTES);
    const parsed = tryParse(path, head, maxBytes, part);
    if (parsed instanceof Object && "data" in parsed && parsed.data.elements[PIXEL_DATA]) {
      return parsed;
    }
  }
  if (size > maxBytes) {
    throw new ImageError(`${path} has ${size} bytes; at most ${maxBytes} (maxBytes) are read.`);
  }
  const bytes = await firstBytes(path, size);
  const parsed = tryParse(path, bytes, maxBytes, part);
  if (parsed instanceof ImageError) throw parsed;
  return parsed;
}

/** What any deflated file may inflate to; larger ones, to a hundred times their size. */
const INFLATED_BYTES = 16 * 2 ** 20;

/** Whether a file begins as DICOM does, with or without its preamble. */
export function looksLikeDicom(start: Uint8Array): boolean {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.length);
  if (bytes.toString("latin1", 128, 132) === "DICM") return true;
  // Group 2 or 8, a small element number.
  return bytes.length > 8 && [2, 8].includes(bytes.readUInt16LE(0)) && bytes.readUInt16LE(2) < 64;
}

async function firstBytes(path: string, length: number): Promise<Buffer> {
  const file = await open(path).catch((error: unknown) => {
    throw imageError(path, "could not be opened", error);
  });
  try {
    const bytes = Buffer.allocUnsafeSlow(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await file.read(bytes, done, length - done, done);
      if (bytesRead === 0) throw new ImageError(`${path} became shorter while it was read.`);
      done += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

function tryParse(
  path: string,
  bytes: Buffer,
  maxBytes: number,
  part: "whole" | "header",
): DicomFile | ImageError {
  try {
    // Bound here, since the parser's own inflater knows no bound.
    let inflated: Uint8Array | undefined;
    const inflater = (packed: Uint8Array, position: number): Uint8Array => {
      const deflated = packed.subarray(position);
      const maxOutputLength = Math.min(maxBytes, Math.max(INFLATED_BYTES, deflated.length * 100));
      const rest = inflateRawSync(deflated, { maxOutputLength });
      checkElementCount(path, rest, { start: 0, explicit: true, littleEndian: true });
      inflated = Buffer.concat([packed.subarray(0, position), rest]);
      return inflated;
    };
    checkElementCount(path, bytes, codingOf(bytes));
    const data = dicomParser.parseDicom(bytes, {
      inflater,
      ...(part === "header" && { untilTag: PIXEL_DATA }),
      ...bareSyntax(bytes),
    });
    const transferSyntax = data.string("x00020010") ?? bareSyntax(bytes).TransferSyntaxUID ?? "";
    if (!/^[\d.]+$/.test(transferSyntax)) {
      return new ImageError(`${path} does not say its transfer syntax (0002,0010).`);
    }
    return { path, bytes: inflated ?? bytes, data, transferSyntax };
  } catch (error) {
    return imageError(path, "could not be read as DICOM", error);
  }
}

/** Where the data set behind the meta header begins, and how it is written. */
function codingOf(bytes: Buffer): DicomCoding {
  const bare = bareSyntax(bytes).TransferSyntaxUID;
  // Its position, where the data set begins, is missing from the parser's types.
  const meta: (DataSet & { readonly position?: number }) | undefined =
    bare === undefined ? dicomParser.readPart10Header(bytes) : undefined;
  const syntax = bare ?? meta?.string("x00020010") ?? "";
  // What is deflated is looked at when it is inflated.
  const start = syntax === DEFLATED ? Infinity : (meta?.position ?? 0);
  return {
    start,
    explicit: syntax !== "1.2.840.10008.1.2",
    littleEndian: nativeOrder(syntax) !== "big",
  };
}

/** Files without preamble: the syntax shows in the first element. */
function bareSyntax(bytes: Buffer): { TransferSyntaxUID?: string } {
  if (bytes.toString("latin1", 128, 132) === "DICM" || bytes.length < 8) return {};
  const explicit = /^[A-Z]{2}$/.test(bytes.toString("latin1", 4, 6));
  return { TransferSyntaxUID: explicit ? "1.2.840.10008.1.2.1" : "1.2.840.10008.1.2" };
}

/** Whether a syntax stores pixels as they are, and in which order of bytes. */
export function nativeOrder(transferSyntax: string): "little" | "big" | undefined {
  if (transferSyntax === "1.2.840.10008.1.2.2") return "big";
  const little = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", DEFLATED];
  return little.includes(transferSyntax) ? "little" : undefined;
}
