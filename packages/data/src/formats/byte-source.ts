import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip, createInflateRaw, createUnzip } from "node:zlib";
import { ImageError } from "../image.ts";
import { fileSize, imageError } from "./limits.ts";

/** How bytes are packed: gzip; zlib or gzip; bare deflate. */
type Packing = "none" | "gzip" | "zlib" | "deflate";

/** Bytes of a file one after the other, unpacked on the way; never more of them than are asked for. */
export interface ByteSource {
  /** Fills `target` with the next bytes. @throws ImageError where the file ends before. */
  into(target: Uint8Array): Promise<void>;
  /** The next `length` bytes. */
  take(length: number): Promise<Buffer>;
  /** Passes over bytes. */
  skip(length: number): Promise<void>;
  /** Reads on to the end of a packed file, so that its checksum is checked; gives up after 16 MiB. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** Where bytes lie in a file. */
export interface ByteRange {
  readonly packing?: Packing;
  /** @defaultValue 0 */
  readonly start?: number;
  /** One past the last. @defaultValue the file's end */
  readonly end?: number;
}

const TRAILER = 16 * 2 ** 20;

/** Opens a file for reading in order. @throws ImageError where there is none. */
async function openBytes(path: string, range: ByteRange = {}): Promise<ByteSource> {
  const size = Math.min(await fileSize(path), range.end ?? Infinity);
  const { packing = "none", start = 0 } = range;
  return packing === "none" ? plain(path, start, size) : packed(path, packing, start, size);
}

/** Opens a source, uses it, and closes it whatever happens. */
export async function withBytes<T>(
  path: string,
  range: ByteRange,
  use: (source: ByteSource) => Promise<T>,
): Promise<T> {
  const source = await openBytes(path, range);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

function withTake(into: ByteSource["into"]): ByteSource["take"] {
  return async (length) => {
    const bytes = Buffer.allocUnsafeSlow(length);
    await into(bytes);
    return bytes;
  };
}

async function plain(path: string, start: number, size: number): Promise<ByteSource> {
  const file = await open(path).catch((error: unknown) => {
    throw imageError(path, "could not be opened", error);
  });
  let at = start;
  const into = async (target: Uint8Array): Promise<void> => {
    if (at + target.length > size) {
      throw new ImageError(
        `${path} is too short: ${target.length} bytes are expected from byte ${at} on, it has ${Math.max(0, size - at)}.`,
      );
    }
    let done = 0;
    while (done < target.length) {
      const { bytesRead } = await file.read(target, done, target.length - done, at + done);
      if (bytesRead === 0) throw new ImageError(`${path} became shorter while it was read.`);
      done += bytesRead;
    }
    at += target.length;
  };
  return {
    into,
    take: withTake(into),
    skip: (length) => {
      at += length;
      return Promise.resolve();
    },
    finish: () => Promise.resolve(),
    close: () => file.close(),
  };
}

const UNPACKERS = { gzip: createGunzip, zlib: createUnzip, deflate: createInflateRaw } as const;

function unpackedStream(path: string, packing: keyof typeof UNPACKERS, range: ByteRange): Readable {
  const { start = 0, end = 0 } = range;
  const file = createReadStream(path, { start, end: end - 1, highWaterMark: 2 ** 18 });
  const unpacked = UNPACKERS[packing]({ chunkSize: 2 ** 18 });
  file.on("error", (error) => unpacked.destroy(error));
  unpacked.on("close", () => file.destroy());
  return file.pipe(unpacked);
}

function packed(
  path: string,
  packing: keyof typeof UNPACKERS,
  start: number,
  end: number,
): ByteSource {
  if (end <= start) throw new ImageError(`${path} holds no data from byte ${start} on.`);
  const stream = unpackedStream(path, packing, { start, end });
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  let rest = new Uint8Array(0);
  const next = async (): Promise<Uint8Array | undefined> => {
    if (rest.length > 0) return rest;
    try {
      const { value } = await chunks.next();
      return value;
    } catch (error) {
      throw imageError(path, "could not be unpacked", error);
    }
  };
  /** Passes the next `length` bytes on, piece by piece. */
  const pass = async (length: number, piece: (bytes: Uint8Array, at: number) => void) => {
    for (let done = 0; done < length;) {
      const chunk = await next();
      if (chunk === undefined) {
        throw new ImageError(
          `${path} is too short: ${length} more bytes are expected, unpacked it has ${done}.`,
        );
      }
      const used = Math.min(chunk.length, length - done);
      piece(chunk.subarray(0, used), done);
      rest = chunk.subarray(used) as Uint8Array<ArrayBuffer>;
      done += used;
    }
  };
  const into = (target: Uint8Array): Promise<void> =>
    pass(target.length, (bytes, at) => target.set(bytes, at));
  return {
    into,
    take: withTake(into),
    skip: (length) => pass(length, () => undefined),
    finish: async () => {
      for (let seen = rest.length; seen < TRAILER;) {
        rest = new Uint8Array(0);
        const chunk = await next();
        if (chunk === undefined) return;
        seen += chunk.length;
      }
    },
    close: () => {
      stream.destroy();
      return Promise.resolve();
    },
  };
}
