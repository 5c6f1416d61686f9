import { batchMaker, cacheImages, cacheSide } from "@dira/data";
import { openSet, type SetOptions } from "./open-set.ts";
import { progress } from "./progress.ts";

/** Options of {@link fillCache}. */
export interface FillCacheOptions extends SetOptions {
  readonly out: string;
  /** Side of the views that training will take. */
  readonly size: number;
  readonly workers: number;
  readonly maxUnreadable: number;
}

/** Decodes every image of a folder into a cache that `pretrain --cache` takes. */
export async function fillCache(folder: string, options: FillCacheOptions): Promise<void> {
  const { out, size, workers, maxUnreadable } = options;
  const set = openSet(folder, options);
  const maker = batchMaker(workers);
  const shown = progress("decoded");
  try {
    const cache = await cacheImages(set, {
      side: cacheSide(size),
      folder: out,
      maxUnreadable,
      maker,
      onImage: shown.update,
    });
    shown.stop();
    for (const warning of cache.warnings) console.log(`warning: ${warning}`);
    console.log(`${cache.usable.length} of ${set.length} images of ${set.name} are in ${out}`);
  } finally {
    shown.stop();
    await maker.close();
  }
}
