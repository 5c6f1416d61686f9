import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Pixels } from "@dira/augmentations";
import { ImageError } from "../image.ts";
import { megabytes } from "./limits.ts";

/** After so much shared memory this thread looks for what nobody holds any more. */
const COLLECT_AFTER = 64 * 2 ** 20;

let uncollected = 0;
let collect: (() => void) | undefined;

/**
 * Counts shared memory that this thread takes or is sent. V8 does not (`BackingStore::PerIsolateAccountingLength` is
 * 0 for it), so that gigabytes of volumes, each a small object to V8, would wait for a collection that never seems
 * due.
 */
export function noteShared(bytes: number): void {
  uncollected += bytes;
  if (uncollected < COLLECT_AFTER) return;
  uncollected = 0;
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}

/** Shared memory for this many bytes. @throws ImageError where the machine has not enough. */
export function sharedBytes(path: string, length: number): Uint8Array<SharedArrayBuffer> {
  noteShared(length);
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
