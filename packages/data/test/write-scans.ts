import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";

/** A folder of its own. */
export function tempFolder(): string {
  return mkdtempSync(join(tmpdir(), "dira-sets-"));
}

/** Writes text or bytes, with the folders above. */
export function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Writes an 8-bit grey PNG or JPEG. */
export async function writeImage(path: string, data: Uint8Array, width: number): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const raw = { width, height: data.length / width, channels: 1 } as const;
  await sharp(data, { raw }).toColourspace("b-w").toFile(path);
}

type Numbers = Uint8Array | Int16Array | Float32Array | BigInt64Array;

const bytesOf = (data: Numbers): Buffer =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** Writes NumPy's format, version 1. */
export function writeNpy(path: string, data: Numbers, shape: readonly number[]): void {
  const types = { Uint8Array: "|u1", Int16Array: "<i2", Float32Array: "<f4", BigInt64Array: "<i8" };
  const descr = types[data.constructor.name as keyof typeof types];
  const sides = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${sides}, }`;
  const header = Buffer.from(text.padEnd(Math.ceil((11 + text.length) / 64) * 64 - 11) + "\n");
  const start = Buffer.alloc(10);
  start.write("\x93NUMPY\x01\x00", "latin1");
  start.writeUInt16LE(header.length, 8);
  write(path, Buffer.concat([start, header, bytesOf(data)]));
}

/** Where a volume lies: all of these are x, y, z, as both formats write them. */
export interface Placed {
  /** `[depth, height, width]` */
  readonly shape: readonly [number, number, number];
  readonly spacing: readonly [number, number, number];
  readonly origin: readonly [number, number, number];
}

/** Writes MetaImage: `.mhd` with `.raw` beside it. */
export function writeMetaImage(path: string, data: Int16Array, place: Placed): void {
  const raw = path.replace(/\.mhd$/, ".raw");
  write(raw, bytesOf(data));
  const lines = [
    "ObjectType = Image",
    "NDims = 3",
    "BinaryData = True",
    "BinaryDataByteOrderMSB = False",
    "TransformMatrix = 1 0 0 0 1 0 0 0 1",
    `Offset = ${place.origin.join(" ")}`,
    `ElementSpacing = ${place.spacing.join(" ")}`,
    `DimSize = ${[...place.shape].reverse().join(" ")}`,
    "ElementType = MET_SHORT",
    `ElementDataFile = ${raw.split(/[\\/]/).at(-1)}`,
  ];
  write(path, `${lines.join("\n")}\n`);
}

/** Writes NIfTI-1, gzipped where the name says so. */
export function writeNifti(path: string, data: Int16Array | Uint8Array, place: Placed): void {
  const header = Buffer.alloc(352);
  header.writeInt32LE(348, 0);
  const [depth, height, width] = place.shape;
  [3, width, height, depth, 1, 1, 1, 1].forEach((n, i) => header.writeInt16LE(n, 40 + 2 * i));
  header.writeInt16LE(data instanceof Uint8Array ? 2 : 4, 70);
  header.writeInt16LE(8 * data.BYTES_PER_ELEMENT, 72);
  [1, ...place.spacing].forEach((mm, i) => header.writeFloatLE(mm, 76 + 4 * i));
  header.writeFloatLE(352, 108);
  header.writeInt16LE(1, 254);
  // The affine, in RAS: x and y change sign.
  place.spacing.forEach((mm, axis) => {
    const sign = axis < 2 ? -1 : 1;
    header.writeFloatLE(sign * mm, 280 + 16 * axis + 4 * axis);
    header.writeFloatLE(sign * (place.origin[axis] as number), 280 + 16 * axis + 12);
  });
  header.write("n+1\0", 344, "latin1");
  const bytes = Buffer.concat([header, bytesOf(data)]);
  write(path, path.endsWith(".gz") ? gzipSync(bytes) : bytes);
}

/** What a DICOM file is to say. */
export interface DicomSlice {
  readonly rows: number;
  readonly columns: number;
  readonly modality: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly patientId?: string;
  readonly position?: readonly number[];
  readonly pixelSpacing?: readonly number[];
  readonly intercept?: number;
}

/** Writes a DICOM file, explicit VR little endian: 8-bit unsigned, or 16-bit signed pixels. */
export function writeDicom(path: string, data: Uint8Array | Int16Array, slice: DicomSlice): void {
  const bits = 8 * data.BYTES_PER_ELEMENT;
  const meta = [element(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1")];
  const body = [
    element(0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.2"),
    element(0x0008, 0x0018, "UI", slice.sopInstanceUid),
    element(0x0008, 0x0060, "CS", slice.modality),
    element(0x0010, 0x0020, "LO", slice.patientId ?? "nobody"),
    element(0x0020, 0x000d, "UI", `${slice.seriesInstanceUid}.0`),
    element(0x0020, 0x000e, "UI", slice.seriesInstanceUid),
    ...(slice.position === undefined
      ? []
      : [
          element(0x0020, 0x0032, "DS", slice.position.join("\\")),
          element(0x0020, 0x0037, "DS", "1\\0\\0\\0\\1\\0"),
        ]),
    element(0x0028, 0x0002, "US", 1),
    element(0x0028, 0x0004, "CS", "MONOCHROME2"),
    element(0x0028, 0x0010, "US", slice.rows),
    element(0x0028, 0x0011, "US", slice.columns),
    ...(slice.pixelSpacing === undefined
      ? []
      : [element(0x0028, 0x0030, "DS", slice.pixelSpacing.join("\\"))]),
    element(0x0028, 0x0100, "US", bits),
    element(0x0028, 0x0101, "US", bits),
    element(0x0028, 0x0102, "US", bits - 1),
    element(0x0028, 0x0103, "US", bits === 16 ? 1 : 0),
    ...(slice.intercept === undefined
      ? []
      : [
          element(0x0028, 0x1052, "DS", String(slice.intercept)),
          element(0x0028, 0x1053, "DS", "1"),
        ]),
    pixels(bytesOf(data), bits),
  ];
  const length = element(0x0002, 0x0000, "UL", Buffer.concat(meta).length);
  const start = Buffer.concat([Buffer.alloc(128), Buffer.from("DICM")]);
  write(path, Buffer.concat([start, length, ...meta, ...body]));
}

function element(group: number, number: number, vr: string, value: string | number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4, "latin1");
  let content: Buffer;
  if (typeof value === "number") {
    content = Buffer.alloc(vr === "UL" ? 4 : 2);
    if (vr === "UL") content.writeUInt32LE(value);
    else content.writeUInt16LE(value);
  } else {
    const pad = vr === "UI" ? "\0" : " ";
    content = Buffer.from(value.length % 2 === 0 ? value : value + pad, "latin1");
  }
  head.writeUInt16LE(content.length, 6);
  return Buffer.concat([head, content]);
}

function pixels(content: Buffer, bits: number): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(0x7fe0, 0);
  head.writeUInt16LE(0x0010, 2);
  head.write(bits === 16 ? "OW" : "OB", 4, "latin1");
  const padded = content.length % 2 === 0 ? content : Buffer.concat([content, Buffer.alloc(1)]);
  head.writeUInt32LE(padded.length, 8);
  return Buffer.concat([head, padded]);
}
