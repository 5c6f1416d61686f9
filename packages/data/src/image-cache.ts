import { createHash, type Hash } from "node:crypto";
import { DataError, ImageError, type ImageSet, type Scan } from "./image.ts";

/** Decoded images, kept up to a bound. */
export interface ImageCache {
  /** Numbers (in the set) of the images that could be read, in order. */
  readonly usable: readonly number[];
  /** One line for each image that could not. */
  readonly warnings: readonly string[];
  /** An image, from memory or read again. */
  get(index: number): Promise<Scan>;
  /** SHA-256 of the usable images: their names, sizes and pixels, in order. */
  readonly fingerprint: string;
  /** How much memory the images take now. */
  readonly bytes: () => number;
}

/** Options of {@link cacheImages}. */
export interface CacheOptions {
  /** Images are shrunk to this shorter side; {@link cacheSide} gives one for a size of view. */
  readonly side: number;
  /** Bound on the memory held; the least recently used go first and are read again. @defaultValue 2 GiB */
  readonly maxBytes?: number;
}

/**
 * A side to cache images with for views of this size: 512 for 224, so that even a crop of a fifth of the
 * area, the smallest that DiRA takes, has about as many pixels as the view.
 */
export function cacheSide(size: number): number {
  return Math.ceil((size * 16) / 7);
}

/**
 * Reads every image once, so that unreadable ones are known before training, and keeps them.
 *
 * @throws DataError when more than half can't be read.
 */
export async function cacheImages(set: ImageSet, options: CacheOptions): Promise<ImageCache> {
  const { side, maxBytes = 2 * 2 ** 30 } = options;
  const kept = new Map<number, Scan>();
  let bytes = 0;
  const keep = (index: number, image: Scan): void => {
    kept.set(index, image);
    bytes += image.data.byteLength;
    for (const [oldest, { data }] of kept) {
      if (bytes <= maxBytes || oldest === index) break;
      kept.delete(oldest);
      bytes -= data.byteLength;
    }
  };
  const get = async (index: number): Promise<Scan> => {
    const image = kept.get(index);
    if (image !== undefined) {
      kept.delete(index);
      kept.set(index, image);
      return image;
    }
    const fresh = await set.read(index, side);
    keep(index, fresh);
    return fresh;
  };
  const usable: number[] = [];
  const warnings: string[] = [...(set.warnings ?? [])];
  const hash = createHash("sha256");
  let failed = 0;
  const lanes = 4;
  for (let from = 0; from < set.length; from += lanes) {
    const indices = Array.from({ length: Math.min(lanes, set.length - from) }, (_, i) => from + i);
    const results = await Promise.allSettled(indices.map(get));
    results.forEach((result, i) => {
      const index = indices[i] as number;
      if (result.status === "fulfilled") {
        usable.push(index);
        addToHash(hash, set.id(index), result.value);
      } else if (result.reason instanceof ImageError) {
        failed += 1;
        warnings.push(result.reason.message);
      } else throw result.reason as Error;
    });
  }
  if (usable.length < set.length / 2 || usable.length === 0) {
    throw new DataError(
      `${failed} of ${set.length} images of ${set.name} can't be read. The first: ${warnings[set.warnings?.length ?? 0] ?? "none"}`,
    );
  }
  return { usable, warnings, get, fingerprint: hash.digest("hex"), bytes: () => bytes };
}

function addToHash(hash: Hash, id: string, { data, shape }: Scan): void {
  hash.update(`${id}\0${[...shape].reverse().join("\0")}\0${data.BYTES_PER_ELEMENT}\0`);
  hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
