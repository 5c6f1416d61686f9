import type { Pixels } from "@dira/augmentations";
import { ImageError } from "../image.ts";
import { megabytes } from "./limits.ts";

/** Shared memory for this many bytes. @throws ImageError where the machine has not enough. */
export function sharedBytes(path: string, length: number): Uint8Array<SharedArrayBuffer> {
  try {
    return new Uint8Array(new SharedArrayBuffer(length));
  } catch {
    throw new ImageError(
      `${path}: this machine has no ${megabytes(length)} of memory left for it.`,
    );
  }
}

/** A copy in memory that threads share. @throws ImageError where the machine has not enough. */
export function sharedCopy(path: string, bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const out = sharedBytes(path, bytes.length);
  out.set(bytes);
  return out;
}

/** Pixels of the type of others, in memory that threads share, all 0. */
export function emptyLike<Data extends Pixels>(path: string, like: Data, length: number): Data {
  const { buffer } = sharedBytes(path, length * like.BYTES_PER_ELEMENT);
  return new (like.constructor as new (memory: SharedArrayBuffer) => Data)(buffer);
}
