import { createHash } from "node:crypto";
import type { Raster } from "@dira/augmentations";
import { DataError, type ImageSet, type Scan } from "../image.ts";
import {
  checkPreparation,
  prepareMask,
  type VolumePreparation,
} from "../formats/prepare-volume.ts";
import type { BatchMaker } from "../loader/worker-pool.ts";
import { openDiskStore } from "./disk-store.ts";
import { fitMask } from "./fit-mask.ts";
import { inLanes } from "./in-lanes.ts";
import { boundedMemory } from "./memory.ts";
import { shared } from "./scan-bytes.ts";
import { type Entry, sourceOf } from "./source.ts";

/** Decoded images, kept up to a bound. */
export interface ImageCache {
  readonly set: ImageSet;
  /** Numbers (in the set) of the images that could be read, in order. */
  readonly usable: readonly number[];
  /** One line for each image that could not. */
  readonly warnings: readonly string[];
  /** An image, from memory, from the folder, or read again. */
  get(index: number): Promise<Scan>;
  /**
   * The labels per pixel of an image, of its shape in the cache, where the set has them.
   *
   * @throws ImageError when they can't be read, or have another shape than the image.
   */
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
  /**
   * What volumes go through once, in the thread that reads them, before they are kept: {@link prepareVolume}.
   * Masks move along. Only for sets of volumes.
   *
   * @defaultValue they stay as they are
   */
  readonly volumes?: VolumePreparation;
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

/**
 * Reads every image once, so that unreadable ones are known before training, and keeps them.
 *
 * @throws DataError when more than `maxUnreadable` can't be read, or none can; for `volumes` of a set of
 *   images, or that are no preparation.
 */
export async function cacheImages(set: ImageSet, options: CacheOptions = {}): Promise<ImageCache> {
  const { maxBytes = 2 * 2 ** 30, folder, maxDiskBytes = 64 * 2 ** 30, onImage } = options;
  const { volumes } = options;
  if (volumes !== undefined) checkVolumes(set, volumes);
  const memory = boundedMemory(maxBytes);
  const disk = folder === undefined ? undefined : await openDiskStore(folder, maxDiskBytes);
  const source = sourceOf(set, options, disk);
  const fetching = new Map<number, Promise<Scan>>();
  const fetch = async (index: number): Promise<Scan> => {
    try {
      const scan = await source.fetch(index);
      memory.keep(`${index}`, scan);
      return scan;
    } finally {
      fetching.delete(index);
    }
  };
  const get = async (index: number): Promise<Scan> => {
    const held = memory.get(`${index}`);
    if (held !== undefined) return held;
    // Batches made at the same time ask for the same volume; it is read once.
    const under = fetching.get(index) ?? fetch(index);
    fetching.set(index, under);
    return under;
  };
  const mask = async (index: number): Promise<Raster<Uint8Array> | undefined> => {
    const held = memory.get(`${index} mask`);
    if (held !== undefined) return held as Raster<Uint8Array>;
    const labels = await preparedMask(set, index, volumes);
    if (labels === undefined) return undefined;
    const { shape } = await get(index);
    const fitted = shared(fitMask(labels, shape, set.id(index)));
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

function checkVolumes(set: ImageSet, volumes: VolumePreparation): void {
  if (set.spatialRank !== 3) {
    throw new DataError(
      `cacheImages: \`volumes\` prepares volumes, and ${set.name} holds images. Leave it out.`,
    );
  }
  checkPreparation(volumes);
}

/** The labels of an image, moved as it is. */
async function preparedMask(
  set: ImageSet,
  index: number,
  volumes: VolumePreparation | undefined,
): Promise<Raster<Uint8Array> | undefined> {
  const labels = await set.mask?.(index);
  if (labels === undefined || volumes === undefined) return labels;
  // A mask without a place lies where its volume does.
  const { spacing, origin, direction } =
    labels.spacing === undefined ? await set.read(index) : labels;
  const place = {
    ...(spacing && { spacing }),
    ...(origin && { origin }),
    ...(direction && { direction }),
  };
  return prepareMask({ ...labels, ...place }, volumes, set.id(index));
}

/** How many unreadable images an error names. */
const FIRST = 3;

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
    const what = set.spatialRank === 3 ? "volumes" : "images";
    const first = unreadable.slice(0, FIRST).join(" ") || "there is none.";
    const more = unreadable.length > FIRST ? ` And ${unreadable.length - FIRST} more.` : "";
    throw new DataError(
      `${unreadable.length} of ${set.length} ${what} of ${set.name} can't be read, more than the share of ${maxUnreadable} that may be: ${first}${more} Mend or remove them, or raise \`maxUnreadable\`.`,
    );
  }
  const warnings = [...(set.warnings ?? []), ...unreadable];
  return { usable, warnings, fingerprint: hash.digest("hex") };
}
