import { ImageError } from "../image.ts";
import { type ByteRange, withBytes } from "./byte-source.ts";
import { fileSize } from "./limits.ts";

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly packedSize: number;
  /** Of its local header. */
  readonly start: number;
}

/**
 * Where one file lies in a zip, stored or deflated. Zip64 is read as far as NumPy writes it (sizes in
 * local headers); archives of 4 GiB and more are not.
 *
 * @param name - @defaultValue the only one
 * @throws ImageError when it is no zip, or has no such file.
 */
export async function findInZip(path: string, name?: string): Promise<ByteRange> {
  const entries = await listZip(path);
  const found = name === undefined ? entries : entries.filter((entry) => entry.name === name);
  const [entry] = found;
  if (entry === undefined || found.length > 1) {
    throw new ImageError(
      `${path}: expected ${name ?? "a single array"}, it holds ${entries.map((e) => e.name).join(", ") || "nothing"}.`,
    );
  }
  if (entry.method !== 0 && entry.method !== 8) {
    throw new ImageError(
      `${path}: ${entry.name} is packed by method ${entry.method}; deflate is read.`,
    );
  }
  const local = await withBytes(path, { start: entry.start }, (source) => source.take(30));
  if (local.readUInt32LE(0) !== 0x04034b50) throw new ImageError(`${path} is a damaged zip.`);
  const start = entry.start + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  return { start, end: start + entry.packedSize, packing: entry.method === 8 ? "deflate" : "none" };
}

async function listZip(path: string): Promise<Entry[]> {
  const size = await fileSize(path);
  // The end record is 22 bytes, behind it a comment of at most 65,535.
  const tailStart = Math.max(0, size - 22 - 65_535);
  const tail = await withBytes(path, { start: tailStart }, (s) => s.take(size - tailStart));
  const end = tail.lastIndexOf("PK\x05\x06", undefined, "latin1");
  if (end < 0 || end + 22 > tail.length) throw new ImageError(`${path} is no zip, or cut short.`);
  const length = tail.readUInt32LE(end + 12);
  const start = tail.readUInt32LE(end + 16);
  if (start + length > size || length > 2 ** 26) throw new ImageError(`${path} is a damaged zip.`);
  const directory = await withBytes(path, { start }, (source) => source.take(length));
  const entries: Entry[] = [];
  for (let at = 0; at + 46 <= directory.length;) {
    if (directory.readUInt32LE(at) !== 0x02014b50)
      throw new ImageError(`${path} is a damaged zip.`);
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString("utf8", at + 46, at + 46 + nameLength),
      method: directory.readUInt16LE(at + 10),
      packedSize: directory.readUInt32LE(at + 20),
      start: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}
