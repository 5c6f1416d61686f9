import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { ImageError, type Scan } from "../image.ts";
import { type ByteRange, withBytes } from "./byte-source.ts";
import { checkSize, fileSize, type ReadLimits } from "./limits.ts";
import { bytesOf, type PixelType, toPixels } from "./pixel-types.ts";
import { sharedBytes } from "./shared-memory.ts";

const TYPES: Readonly<Record<string, PixelType>> = {
  MET_UCHAR: "u1",
  MET_CHAR: "i1",
  MET_USHORT: "u2",
  MET_SHORT: "i2",
  MET_UINT: "u4",
  MET_INT: "i4",
  MET_ULONG: "u4",
  MET_LONG: "i4",
  MET_ULONG_LONG: "u8",
  MET_LONG_LONG: "i8",
  MET_FLOAT: "f4",
  MET_DOUBLE: "f8",
};

/** A header is text at the beginning; none is longer than this. */
const LONGEST_HEADER = 64 * 1024;

/**
 * Reads MetaImage: `.mhd` with `.raw` or `.zraw` beside it, or `.mha` with the pixels behind the header,
 * of 2 or 3 axes; raw or zlib-compressed, bytes of either order. LUNA16 and many challenges come so.
 * The array is `[z, y, x]` in the file's order; position and directions are ITK's, which is LPS already
 * (row i of `TransformMatrix` is the direction of the file's axis i). `AnatomicalOrientation` says
 * nothing more and is ignored, as ITK does.
 *
 * @throws ImageError when a file is missing, too short, damaged, too large or no MetaImage; also for
 *   pixels in text, in several files (`LIST`, patterns) or of several channels.
 * @see https://docs.itk.org/en/latest/learn/metaio.html
 */
export async function readMetaImage(path: string, limits: ReadLimits = {}): Promise<Scan> {
  const { fields, length } = await readHeader(path);
  const shape = numbers(path, fields, "DimSize").reverse();
  const rank = shape.length;
  if ((rank !== 2 && rank !== 3) || Number(fields.get("NDims") ?? rank) !== rank) {
    throw new ImageError(
      `${path}: expected 2 or 3 axes, its header says NDims = ${fields.get("NDims")} and DimSize = ${fields.get("DimSize")}.${rank > 3 ? " Split it into volumes, or leave it out." : ""}`,
    );
  }
  const type = pixelTypeOf(path, fields);
  const bytes = checkSize(path, shape, bytesOf(type), limits) * bytesOf(type);
  const geometry = geometryOf(path, fields, rank);
  const { file, range } = await pixelsOf(path, fields, length, bytes);
  const pixels = sharedBytes(path, bytes);
  await withBytes(file, range, async (source) => {
    await source.into(pixels);
    await source.finish();
  });
  const littleEndian = !isTrue(
    fields.get("BinaryDataByteOrderMSB") ?? fields.get("ElementByteOrderMSB"),
  );
  return { data: toPixels(path, { bytes: pixels, type, littleEndian }), shape, ...geometry };
}

interface Header {
  readonly fields: ReadonlyMap<string, string>;
  /** Bytes up to and with the line of `ElementDataFile`, which is the last. */
  readonly length: number;
}

async function readHeader(path: string): Promise<Header> {
  const size = Math.min(await fileSize(path), LONGEST_HEADER);
  const start = await withBytes(path, {}, (source) => source.take(size));
  const text = start.toString("latin1");
  const fields = new Map<string, string>();
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    const line = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(text.slice(at, end));
    at = end + 1;
    if (line === null) break;
    fields.set(line[1] as string, line[2] as string);
    if (line[1] === "ElementDataFile") return { fields, length: at };
  }
  throw new ImageError(
    `${path} is no MetaImage: lines like "DimSize = 512 512 200" are expected, up to one with ElementDataFile.`,
  );
}

function isTrue(value: string | undefined): boolean {
  return /^(true|1|yes)$/i.test(value ?? "");
}

function numbers(path: string, fields: Header["fields"], name: string): number[] {
  const text = fields.get(name);
  const found = (text ?? "").split(/\s+/).filter(Boolean).map(Number);
  if (found.length > 0 && found.every(Number.isFinite)) return found;
  throw new ImageError(`${path}: expected numbers in ${name}, its header has ${text ?? "none"}.`);
}

function pixelTypeOf(path: string, fields: Header["fields"]): PixelType {
  const type = TYPES[fields.get("ElementType") ?? ""];
  if (type === undefined) {
    throw new ImageError(
      `${path}: ElementType is ${fields.get("ElementType") ?? "missing"}; ${Object.keys(TYPES).join(", ")} are read.`,
    );
  }
  const channels = fields.get("ElementNumberOfChannels") ?? "1";
  if (Number(channels) !== 1) {
    throw new ImageError(`${path} has ${channels} channels; one is expected.`);
  }
  if (fields.has("BinaryData") && !isTrue(fields.get("BinaryData"))) {
    throw new ImageError(
      `${path} holds its pixels as text (BinaryData = False), which is not read.`,
    );
  }
  return type;
}

function geometryOf(
  path: string,
  fields: Header["fields"],
  rank: number,
): Pick<Scan, "spacing" | "origin" | "direction"> {
  const read = (count: number, ...names: string[]): number[] | undefined => {
    const name = names.find((key) => fields.has(key));
    if (name === undefined) return undefined;
    const found = numbers(path, fields, name);
    if (found.length === count) return found;
    throw new ImageError(`${path}: expected ${count} numbers in ${name}, got ${found.length}.`);
  };
  const spacing = read(rank, "ElementSpacing", "ElementSize");
  if (spacing !== undefined && !spacing.every((mm) => mm > 0)) {
    throw new ImageError(
      `${path}: expected a spacing above 0, its header says ${spacing.join(" ")}.`,
    );
  }
  const origin = read(rank, "Offset", "Origin", "Position");
  const matrix = read(rank * rank, "TransformMatrix", "Rotation", "Orientation");
  const direction = matrix && Array.from({ length: rank }, (_, axis) => rowOf(path, matrix, axis));
  return {
    ...(spacing && { spacing: spacing.reverse() }),
    ...(origin && { origin }),
    ...(direction && { direction: direction.reverse() }),
  };
}

/** A row of the matrix, brought to length 1. */
function rowOf(path: string, matrix: readonly number[], axis: number): number[] {
  const rank = Math.sqrt(matrix.length);
  const row = matrix.slice(axis * rank, (axis + 1) * rank);
  const length = Math.hypot(...row);
  if (!(length > 0)) {
    throw new ImageError(`${path}: row ${axis} of its TransformMatrix has length 0.`);
  }
  // Rows that are of length 1 but for the rounding of text stay as they are written.
  return Math.abs(length - 1) < 1e-6 ? row : row.map((v) => v / length);
}

/** Which bytes of which file the pixels are. */
async function pixelsOf(
  path: string,
  fields: Header["fields"],
  headerLength: number,
  bytes: number,
): Promise<{ readonly file: string; readonly range: ByteRange }> {
  const name = fields.get("ElementDataFile") ?? "";
  const local = /^local$/i.test(name);
  if (!local && (name === "" || /^list\b/i.test(name) || name.includes("%"))) {
    throw new ImageError(`${path}: ElementDataFile is "${name}"; one file or LOCAL is expected.`);
  }
  const file = local ? path : join(dirname(path), name);
  if (!existsSync(file)) {
    throw new ImageError(
      `${path}: expected its pixels in ${file}, which is not there. Put it beside the header, under this name, or leave the header out.`,
    );
  }
  if (isTrue(fields.get("CompressedData"))) {
    return { file, range: { packing: "zlib", start: local ? headerLength : 0 } };
  }
  if (local) return { file, range: { start: headerLength } };
  const skip = Number(fields.get("HeaderSize") ?? 0);
  if (!Number.isInteger(skip) || skip < -1) {
    throw new ImageError(`${path}: HeaderSize is ${fields.get("HeaderSize")}.`);
  }
  const size = await fileSize(file);
  if (size < Math.max(0, skip) + bytes) {
    throw new ImageError(
      `${path}: expected ${bytes} bytes of pixels in ${file}${skip > 0 ? ` from byte ${skip} on` : ""}, which is too short: it has ${size}. Copy it anew, or leave both out.`,
    );
  }
  // −1 means that the pixels are the file's last bytes.
  return { file, range: { start: skip === -1 ? size - bytes : skip } };
}
