import { ImageError, type ImageSet, type Scan } from "../image.ts";
import { noteShared } from "../formats/shared-memory.ts";
import { readPrepared } from "../loader/job.ts";
import { type DiskStore, hashOf, type Noted } from "./disk-store.ts";
import type { CacheOptions } from "./image-cache.ts";
import { shared } from "./scan-bytes.ts";

/** Changes when decoding gives other pixels than before, so that what was kept is not taken. */
const FORMAT = 2;

/** Changes when `prepareVolume` gives other voxels than before. */
const PREPARED = 1;

/** What is known of an image: the hash of its scan, or why it can't be read. */
export type Entry = Noted | { readonly error: string };

/** Where the images of a set come from: the folder if it has them, else the set. */
export interface Source {
  /** What is known of an image; its scan too if it had to be read. */
  look(index: number): Promise<{ entry: Entry; scan?: Scan }>;
  /** Its scan. @throws ImageError when it can't be read. */
  fetch(index: number): Promise<Scan>;
}

/** Where the cache of a set gets its images. */
export function sourceOf(
  set: ImageSet,
  { side, maker, volumes }: Pick<CacheOptions, "side" | "maker" | "volumes">,
  disk: DiskStore | undefined,
): Source {
  const read = async (index: number): Promise<Scan> => {
    const { source } = set;
    const how = { index, side, volumes };
    if (maker === undefined || source === undefined) return shared(await readPrepared(set, how));
    const scan = await maker.read({ source, ...how });
    noteShared(scan.data.byteLength);
    return shared(scan);
  };
  const prepared =
    volumes === undefined
      ? []
      : [PREPARED, volumes.window ?? null, volumes.spacing ?? null, volumes.atLeast ?? null];
  const keyOf = async (index: number): Promise<string | undefined> => {
    if (disk === undefined) return undefined;
    const stamp = await set.stamp?.(index);
    if (stamp === undefined) return undefined;
    return JSON.stringify([FORMAT, stamp, side ?? null, ...prepared]);
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
      const kept = known === undefined ? undefined : await disk?.load(known.hash);
      if (kept !== undefined) return kept;
      return key === undefined ? read(index) : (await readAnew(index, key)).scan;
    },
  };
}
