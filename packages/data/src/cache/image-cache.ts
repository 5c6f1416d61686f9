import { createHash } from "node:crypto";
import { cropNearest, type Raster } from "@dira/augmentations";
import { DataError, ImageError, type ImageSet, type Scan } from "../image.ts";
import type { BatchMaker } from "../loader/worker-pool.ts";
import { type DiskStore, hashOf, type Noted, openDiskStore } from "./disk-store.ts";
import { inLanes } from "./in-lanes.ts";
import { boundedMemory } from "./memory.ts";
import { shared } from "./scan-bytes.ts";

/** Decoded images, kept up to a bound. */
export interface ImageCache {
  readonly set: ImageSet;
  /** Numbers (in the set) of the images that could be read, in order. */
  readonly usable: readonly number[];
  /** One line for each image that could not. */
  readonly warnings: readonly string[];
  /** An image, from memory, from the folder, or read again. */
  get(index: number): Promise<Scan>;
  /** The labels per pixel of an image, of its shape in the cache, where the set has them. */
  mask(index: number): Promise<Raster<Uint8Array> | undefined>;
  /** SHA-256 of the usable images: their names, sizes and pixels, in order. */
  readonly fingerprint: string;
  /** How much memory the images take now. */
  readonly bytes: () => number;
}

/** Options of {@link cacheImages}. */
export interface CacheOptions {
  /**
   * Images are shrunk to this shorter side; {@link cacheSide} gives one for a size of view. Volumes stay
   * as they are.
   *
   * @defaultValue no shrinking
   */
  readonly side?: number;
  /** Bound on the memory held; the least recently used go first and are read again. @defaultValue 2 GiB */
  readonly maxBytes?: number;
  /** Keeps decoded images here too, by content, for the next time; only sets of files can be kept. */
  readonly folder?: string;
  /**
   * Bound on the folder, whoever writes to it; those written longest ago go first. Each of P processes may
   * pass it by a sixteenth before it sees what the others wrote.
   *
   * @defaultValue 64 GiB
   */
  readonly maxDiskBytes?: number;
  /** Share of the images that may be unreadable; they are named and left out. @defaultValue 0.1 */
  readonly maxUnreadable?: number;
  /** Reads in its threads, from sets that say how a thread opens them. @defaultValue this thread */
  readonly maker?: Pick<BatchMaker, "read">;
  /** Called after each image, from the first to the last. */
  readonly onImage?: (done: number, total: number) => void;
}

/**
 * A side to cache images with for views of this size: 512 for 224, so that even a crop of a fifth of the
 * area, the smallest that DiRA takes, has about as many pixels as the view.
 */
export function cacheSide(size: number): number {
  return Math.ceil((size * 16) / 7);
}

/** Images read at a time. */
const LANES = 4;

/** Changes when decoding gives other pixels than before, so that what was kept is not taken. */
const FORMAT = 2;

/**
 * Reads every image once, so that unreadable ones are known before training, and keeps them.
 *
 * @throws DataError when more than `maxUnreadable` can't be read, or none can.
 */
export async function cacheImages(set: ImageSet, options: CacheOptions = {}): Promise<ImageCache> {
  const { maxBytes = 2 * 2 ** 30, folder, maxDiskBytes = 64 * 2 ** 30, onImage } = options;
  const memory = boundedMemory(maxBytes);
  const disk = folder === undefined ? undefined : await openDiskStore(folder, maxDiskBytes);
  const source = sourceOf(set, options, disk);
  const get = async (index: number): Promise<Scan> => {
    const held = memory.get(`${index}`);
    if (held !== undefined) return held;
    const { scan } = await source.fetch(index);
    memory.keep(`${index}`, scan);
    return scan;
  };
  const mask = async (index: number): Promise<Raster<Uint8Array> | undefined> => {
    const held = memory.get(`${index} mask`);
    if (held !== undefined) return held as Raster<Uint8Array>;
    const labels = await set.mask?.(index);
    if (labels === undefined) return undefined;
    const { shape } = await get(index);
    const box = [...labels.shape.map(() => 0), ...labels.shape];
    const same = String(labels.shape) === String(shape);
    const fitted = shared(same ? labels : cropNearest(labels, box, shape));
    memory.keep(`${index} mask`, fitted);
    return fitted;
  };
  let done = 0;
  const entries = await inLanes(set.length, LANES, async (index) => {
    const { entry, scan } = await source.look(index);
    // What does not fit any more would only push out what is needed first.
    const room = maxBytes - memory.bytes();
    if (scan !== undefined && scan.data.byteLength <= room) memory.keep(`${index}`, scan);
    onImage?.((done += 1), set.length);
    return entry;
  });
  return {
    set,
    ...summary(set, entries, options.maxUnreadable ?? 0.1),
    get,
    mask,
    bytes: memory.bytes,
  };
}

/** What is known of an image: the hash of its scan, or why it can't be read. */
type Entry = Noted | { readonly error: string };

/** Where the images of a set come from: the folder if it has them, else the set. */
interface Source {
  /** What is known of an image; its scan too if it had to be read. */
  look(index: number): Promise<{ entry: Entry; scan?: Scan }>;
  /** Its scan. @throws ImageError when it can't be read. */
  fetch(index: number): Promise<{ hash: string; scan: Scan }>;
}

function sourceOf(
  set: ImageSet,
  { side, maker }: CacheOptions,
  disk: DiskStore | undefined,
): Source {
  const read = async (index: number): Promise<Scan> => {
    const { source } = set;
    if (maker === undefined || source === undefined) return shared(await set.read(index, side));
    return shared(await maker.read({ source, index, side }));
  };
  const keyOf = async (index: number): Promise<string | undefined> => {
    if (disk === undefined) return undefined;
    const stamp = await set.stamp?.(index);
    return stamp === undefined ? undefined : JSON.stringify([FORMAT, stamp, side ?? null]);
  };
  const readAnew = async (
    index: number,
    key: string | undefined,
  ): Promise<{ hash: string; scan: Scan }> => {
    const scan = await read(index);
    const hash = hashOf(scan);
    if (disk !== undefined && key !== undefined) {
      await disk.keep(scan);
      await disk.note(key, { hash });
    }
    return { hash, scan };
  };
  return {
    look: async (index) => {
      const key = await keyOf(index);
      const known = key === undefined ? undefined : await disk?.find(key);
      if (known !== undefined) return { entry: known };
      try {
        const { hash, scan } = await readAnew(index, key);
        return { entry: { hash }, scan };
      } catch (error) {
        if (!(error instanceof ImageError)) throw error;
        // Not noted: it may be readable the next time (permissions, a codec installed since).
        return { entry: { error: error.message } };
      }
    },
    fetch: async (index) => {
      const key = await keyOf(index);
      const known = key === undefined ? undefined : await disk?.find(key);
      const scan = known === undefined ? undefined : await disk?.load(known.hash);
      if (known !== undefined && scan !== undefined) return { hash: known.hash, scan };
      return readAnew(index, key);
    },
  };
}

/** Which images can be used. @throws DataError when too few can. */
function summary(
  set: ImageSet,
  entries: readonly Entry[],
  maxUnreadable: number,
): Pick<ImageCache, "usable" | "warnings" | "fingerprint"> {
  const usable: number[] = [];
  const unreadable: string[] = [];
  const hash = createHash("sha256");
  entries.forEach((entry, index) => {
    if ("error" in entry) {
      unreadable.push(entry.error);
    } else {
      usable.push(index);
      hash.update(`${set.id(index)}\0${entry.hash}\0`);
    }
  });
  if (usable.length === 0 || unreadable.length > maxUnreadable * set.length) {
    throw new DataError(
      `${unreadable.length} of ${set.length} images of ${set.name} can't be read, more than the share of ${maxUnreadable} that may be. The first: ${unreadable[0] ?? "there is none"} Mend or remove them, or raise \`maxUnreadable\`.`,
    );
  }
  const warnings = [...(set.warnings ?? []), ...unreadable];
  return { usable, warnings, fingerprint: hash.digest("hex") };
}
