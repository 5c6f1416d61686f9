import {
  type BatchMaker,
  cacheImages,
  type CacheOptions,
  cacheSide,
  describeLeakage,
  findLeakage,
  type ImageCache,
  type ImageSet,
  openDataSet,
  type OpenDataSetOptions,
  type PhantomKindName,
  phantomSet,
  type Split,
} from "@dira/data";
import { createRandom } from "@dira/random";
import { UsageError } from "../usage-error.ts";
import { type FinetuneConfig, sidesOf } from "./config.ts";

/** The images of a fine-tuning. */
export interface TaskData {
  /** With labels, a fraction of them where the configuration says so. */
  readonly train: ImageCache;
  readonly val: ImageCache;
  readonly test: ImageCache;
}

const SPLITS = ["train", "val", "test"] as const;

/**
 * Opens and reads the images of a task, in its layout's own splits, or its phantoms.
 *
 * @throws UsageError when splits share patients, or the images lack what is to be told of them.
 */
export async function openTaskData(config: FinetuneConfig, maker: BatchMaker): Promise<TaskData> {
  const sets = SPLITS.map((split) => openTaskSet(config, split));
  const options = cacheOptionsOf(config, maker);
  const [train, val, test] = (await Promise.all(sets.map((set) => cacheImages(set, options)))) as [
    ImageCache,
    ImageCache,
    ImageCache,
  ];
  const warnings = [train, val, test].flatMap((cache) => cache.warnings);
  for (const warning of warnings.slice(0, 5)) console.warn(`warning: ${warning}`);
  if (warnings.length > 5) console.warn(`warning: and ${warnings.length - 5} more`);
  await checkApart({ train, val, test });
  for (const cache of [val, test]) await checkWhole(config, cache);
  return { train: labelledFraction(train, config), val, test };
}

/**
 * Images of one split of a task, or its phantoms, not yet read.
 *
 * @throws UsageError when they lack what is to be told of them.
 */
export function openTaskSet(config: FinetuneConfig, split: Split): ImageSet {
  const set = config.data === null ? phantoms(config)[split] : open(config, split);
  checkTarget(config, set);
  return set;
}

/** How the images of a task are read. */
export function cacheOptionsOf(config: FinetuneConfig, maker: BatchMaker): CacheOptions {
  return {
    maxUnreadable: config.maxUnreadable,
    maker,
    ...(config.spatialRank === 2 && { side: cacheSide(Math.max(...sidesOf(config))) }),
    ...(config.window !== null && { volumes: { window: config.window } }),
    ...(config.cache !== null && { folder: config.cache }),
  };
}

async function checkApart(caches: TaskData): Promise<void> {
  const found = describeLeakage(await findLeakage({ ...caches }));
  if (found === undefined) return;
  throw new UsageError(
    `Training, validation and test images are not apart: ${found} Mend the lists or folders.`,
  );
}

function open({ data, layout, dataOptions }: FinetuneConfig, split: Split): ImageSet {
  const options = { ...dataOptions, kind: layout, split } as unknown as OpenDataSetOptions;
  return openDataSet(data ?? "", options);
}

function phantoms({ phantoms: count, phantomKind }: FinetuneConfig): Record<Split, ImageSet> {
  const [val, test] = [Math.ceil(count / 4), Math.ceil(count / 2)];
  const kind = phantomKind as PhantomKindName;
  // Patients of different parts differ, whatever the run's seed: the test set is the task's.
  return {
    train: phantomSet({ kind, count, seed: 1, first: 0 }),
    val: phantomSet({ kind, count: val, seed: 1, first: count }),
    test: phantomSet({ kind, count: test, seed: 1, first: count + val }),
  };
}

/**
 * Held-out volumes are predicted in one piece.
 *
 * @throws UsageError for larger ones, of which only the middle would be tested.
 */
async function checkWhole(
  { task, target, spatialRank, size }: FinetuneConfig,
  cache: ImageCache,
): Promise<void> {
  if (spatialRank === 2 || target.kind === "labels") return;
  const sides = size as readonly number[];
  for (const index of cache.usable) {
    const { shape } = await cache.get(index);
    if (shape.every((side, axis) => side <= (sides[axis] as number))) continue;
    throw new UsageError(
      `${task}: ${cache.set.id(index)} has ${shape.join(" × ")} voxels, more than the network takes at a time (${sides.join(" × ")}); whole volumes can't be tested in parts yet. Cut them into cubes, or choose a larger --size.`,
    );
  }
}

function checkTarget({ target, task }: FinetuneConfig, set: ImageSet): void {
  if (target.kind === "masks") {
    if (set.mask !== undefined) return;
    throw new UsageError(`${task} needs masks, and ${set.name} has none.`);
  }
  const there = set.labelNames ?? [];
  const missing = (target.names ?? []).filter((name) => !there.includes(name));
  if (set.labels !== undefined && there.length > 0 && missing.length === 0) return;
  throw new UsageError(
    `${task} needs the labels ${target.names?.join(", ") ?? "of the data"}, and ${set.name} has ${there.join(", ") || "none"}.`,
  );
}

/** The first images of an order that the seed draws: fractions are parts of each other. */
function labelledFraction(cache: ImageCache, { fraction, seed }: FinetuneConfig): ImageCache {
  if (fraction === 1) return cache;
  const count = Math.max(2, Math.round(fraction * cache.usable.length));
  const order = createRandom(seed, "label fraction").permutation(cache.usable.length);
  const kept = [...order.subarray(0, count)].sort((a, b) => a - b);
  return { ...cache, usable: kept.map((i) => cache.usable[i] as number) };
}
