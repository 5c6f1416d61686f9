import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import type { Pixels } from "@dira/augmentations";
import type { Scan } from "../image.ts";
import { affineOf } from "./geometry.ts";

/** Per type: NumPy's name, NIfTI's code and bits, MetaImage's name. */
function typeNames(data: Pixels): readonly [string, number, number, string] {
  if (data instanceof Uint8Array) return ["|u1", 2, 8, "MET_UCHAR"];
  if (data instanceof Uint16Array) return ["<u2", 512, 16, "MET_USHORT"];
  return data instanceof Int16Array ? ["<i2", 4, 16, "MET_SHORT"] : ["<f4", 16, 32, "MET_FLOAT"];
}

function bytesOfPixels({ data }: Pick<Scan, "data">): Buffer {
  return Buffer.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/**
 * Writes NIfTI-1, `.nii` or `.nii.gz` by its name, little-endian, with its affine (in RAS) as sform of
 * code 1.
 */
export async function writeNifti(path: string, scan: Scan): Promise<void> {
  const [, code, bits] = typeNames(scan.data);
  const { shape } = scan;
  const rank = shape.length;
  const header = Buffer.alloc(352);
  header.writeInt32LE(348, 0);
  [rank, ...[...shape].reverse(), ...new Array<number>(7 - rank).fill(1)].forEach((side, i) =>
    header.writeInt16LE(side, 40 + 2 * i),
  );
  header.writeInt16LE(code, 70);
  header.writeInt16LE(bits, 72);
  [1, ...[...(scan.spacing ?? [])].reverse()].forEach((mm, i) =>
    header.writeFloatLE(mm, 76 + 4 * i),
  );
  header.writeFloatLE(352, 108);
  header.writeFloatLE(1, 112);
  header[123] = 2; // mm
  header.writeInt16LE(1, 254);
  const affine = affineOf(scan);
  for (let row = 0; row < 3; row += 1) {
    const sign = row < 2 ? -1 : 1;
    for (let axis = 0; axis < 3; axis += 1) {
      const value = axis < rank ? affine[row]?.[rank - 1 - axis] : row === axis ? sign : 0;
      header.writeFloatLE(sign * (value ?? 0), 280 + 16 * row + 4 * axis);
    }
    header.writeFloatLE(sign * (affine[row]?.[rank] ?? 0), 292 + 16 * row);
  }
  header.write("n+1\0", 344, "latin1");
  const bytes = Buffer.concat([header, bytesOfPixels(scan)]);
  await writeFile(path, /\.gz$/i.test(path) ? gzipSync(bytes, { level: 1 }) : bytes);
}

/**
 * Writes MetaImage: `.mha` in one file, `.mhd` with `.raw` or, compressed, `.zraw` beside it.
 *
 * @param compressed - @defaultValue false
 */
export async function writeMetaImage(path: string, scan: Scan, compressed = false): Promise<void> {
  const { shape, spacing, origin, direction } = scan;
  const rank = shape.length;
  const pixels = compressed ? deflateSync(bytesOfPixels(scan), { level: 1 }) : bytesOfPixels(scan);
  const local = /\.mha$/i.test(path);
  const stem = path.replace(/\.mh[ad]$/i, "");
  const file = `${stem}.${compressed ? "zraw" : "raw"}`;
  const backwards = (values: readonly number[]): string => [...values].reverse().join(" ");
  const lines = [
    "ObjectType = Image",
    `NDims = ${rank}`,
    "BinaryData = True",
    "BinaryDataByteOrderMSB = False",
    `CompressedData = ${compressed ? "True" : "False"}`,
    ...(compressed ? [`CompressedDataSize = ${pixels.length}`] : []),
    ...(direction ? [`TransformMatrix = ${[...direction].reverse().flat().join(" ")}`] : []),
    ...(origin ? [`Offset = ${origin.join(" ")}`] : []),
    ...(spacing ? [`ElementSpacing = ${backwards(spacing)}`] : []),
    `DimSize = ${backwards(shape)}`,
    `ElementType = ${typeNames(scan.data)[3]}`,
    `ElementDataFile = ${local ? "LOCAL" : basename(file)}`,
  ];
  const header = Buffer.from(`${lines.join("\n")}\n`);
  await writeFile(path, local ? Buffer.concat([header, pixels]) : header);
  if (!local) await writeFile(file, pixels);
}

/** Writes NumPy's `.npy`, version 1. */
export async function writeNpy(path: string, scan: Pick<Scan, "data" | "shape">): Promise<void> {
  const { shape } = scan;
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${typeNames(scan.data)[0]}', 'fortran_order': False, 'shape': (${sides}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const start = Buffer.from("\x93NUMPY\x01\0\0\0", "latin1");
  start.writeUInt16LE(length, 8);
  const header = Buffer.from(`${text.padEnd(length - 1)}\n`, "latin1");
  await writeFile(path, Buffer.concat([start, header, bytesOfPixels(scan)]));
}
