import { batchMaker, cacheImages, findNearDuplicates, type ImageCache } from "@dira/data";
import { openSet, type SetOptions } from "./open-set.ts";
import { progress } from "./progress.ts";

/** Options of {@link verify}. */
export interface VerifyOptions extends SetOptions {
  readonly workers: number;
  /** Also look for images that look alike. */
  readonly duplicates?: boolean | undefined;
}

/** Reads every image of a folder and names each that is broken; exit code 1 when one is. */
export async function verify(folder: string, options: VerifyOptions): Promise<void> {
  const set = openSet(folder, options);
  const maker = batchMaker(options.workers);
  const shown = progress("read");
  try {
    const cache = await cacheImages(set, { maxUnreadable: 1, maker, onImage: shown.update });
    shown.stop();
    for (const warning of cache.warnings) console.log(warning);
    const broken = set.length - cache.usable.length;
    if (options.duplicates === true) await showDuplicates(cache);
    console.log(`${set.name}: ${cache.usable.length} readable, ${broken} not`);
    if (broken > 0) process.exitCode = 1;
  } finally {
    shown.stop();
    await maker.close();
  }
}

async function showDuplicates(cache: ImageCache): Promise<void> {
  const pairs = await findNearDuplicates({ all: cache });
  for (const { a, b, correlation } of pairs) {
    console.log(
      `${a.id} and ${b.id} are copies (their detail correlates by ${correlation.toFixed(3)})`,
    );
  }
  console.log(`${pairs.length} pairs of copies`);
}
