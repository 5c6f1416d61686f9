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
} from "@dira/data";
import { createRandom } from "@dira/random";
import { UsageError } from "../usage-error.ts";
import { labelsOf } from "./batches.ts";
import { type FinetuneConfig, sidesOf } from "./config.ts";

/** The images of a fine-tuning. */
export interface TaskData {
  /** With labels, a fraction of them where the configuration says so. */
  readonly train: ImageCache;
  readonly val: ImageCache;
  readonly test: ImageCache;
  /** Of each volume in an epoch, to train and to validate; undefined where the network takes the volumes whole. */
  readonly patches: number | undefined;
}

const SPLITS = ["train", "val", "test"] as const;

/** Which images of a data set; all of a layout's splits together. */
export type TaskSplit = (typeof SPLITS)[number] | "all";

/**
 * Opens and reads the images of a task, in its layout's own splits, or its phantoms.
 *
 * @throws UsageError when splits share patients, or the images lack what is to be told of them.
 */
export async function openTaskData(config: FinetuneConfig, maker: BatchMaker): Promise<TaskData> {
  const [train, val, test] = (await Promise.all(
    SPLITS.map((split) => openTaskSplit(config, split, maker)),
  )) as [ImageCache, ImageCache, ImageCache];
  await checkApart({ train, val, test });
  if (config.target.kind === "masks") await readMasks([val, test]);
  const larger = (await isLarger(config, train)) || (await isLarger(config, val));
  const patches = larger ? config.patches : undefined;
  return { train: labelledFraction(train, config), val, test, patches };
}

/** Reads each mask once, so that what is wrong with one is found before hours of training. */
async function readMasks(caches: readonly ImageCache[]): Promise<void> {
  for (const cache of caches) {
    for (const index of cache.usable) await cache.mask(index);
  }
}

/**
 * Opens and reads the images of one split.
 *
 * @throws UsageError when they lack what is to be told of them.
 */
export async function openTaskSplit(
  config: FinetuneConfig,
  split: TaskSplit,
  maker: BatchMaker,
): Promise<ImageCache> {
  const cache = await cacheImages(openTaskSet(config, split), cacheOptionsOf(config, maker));
  const { warnings } = cache;
  for (const warning of warnings.slice(0, 5)) console.warn(`warning: ${warning}`);
  if (warnings.length > 5) console.warn(`warning: and ${warnings.length - 5} more`);
  return cache;
}

/**
 * Images of one split of a task, or its phantoms, not yet read.
 *
 * @throws UsageError when they lack what is to be told of them.
 */
export function openTaskSet(config: FinetuneConfig, split: TaskSplit): ImageSet {
  const set = config.data === null ? phantoms(config, split) : open(config, split);
  checkTarget(config, set);
  return set;
}

/** How the images of a task are read. */
export function cacheOptionsOf(config: FinetuneConfig, maker: BatchMaker): CacheOptions {
  return {
    ...preparationOf(config),
    maxUnreadable: config.maxUnreadable,
    maker,
    ...(config.cache !== null && { folder: config.cache }),
  };
}

/** How images and volumes are read for a network: shrunk; windowed, in the patient's axes. */
export function preparationOf(config: FinetuneConfig): Pick<CacheOptions, "side" | "volumes"> {
  return {
    ...(config.spatialRank === 2 && { side: cacheSide(Math.max(...sidesOf(config))) }),
    ...(config.window !== null && { volumes: { window: config.window } }),
  };
}

async function checkApart(caches: Record<(typeof SPLITS)[number], ImageCache>): Promise<void> {
  const found = describeLeakage(await findLeakage({ ...caches }));
  if (found === undefined) return;
  throw new UsageError(
    `Training, validation and test images are not apart: ${found} Mend the lists or folders.`,
  );
}

/** Layouts whose readers cut cubes about places: of the network's size, where nothing else is asked for. */
const CUBES: ReadonlySet<string> = new Set(["luna16", "lidc-idri"]);

/** Options of a task's layout: its own, and the size of cubes. */
export function layoutOptionsOf(config: FinetuneConfig): Readonly<Record<string, unknown>> {
  const { layout, dataOptions } = config;
  return { ...(CUBES.has(layout) && { cube: { shape: sidesOf(config) } }), ...dataOptions };
}

function open(config: FinetuneConfig, split: TaskSplit): ImageSet {
  const which = split === "all" ? {} : { split };
  const options = { ...layoutOptionsOf(config), kind: config.layout, ...which };
  return openDataSet(config.data ?? "", options as unknown as OpenDataSetOptions);
}

function phantoms(config: FinetuneConfig, split: TaskSplit): ImageSet {
  const { phantoms: train, phantomKind } = config;
  const [val, test] = [Math.ceil(train / 4), Math.ceil(train / 2)];
  const kind = phantomKind as PhantomKindName;
  // Patients of different parts differ, whatever the run's seed: the test set is the task's.
  const { count, first } = {
    train: { count: train, first: 0 },
    val: { count: val, first: train },
    test: { count: test, first: train + val },
    all: { count: train + val + test, first: 0 },
  }[split];
  return phantomSet({ kind, count, seed: 1, first });
}

/** Whether some volumes with masks are larger than what the network takes at a time. */
async function isLarger(config: FinetuneConfig, cache: ImageCache): Promise<boolean> {
  if (config.spatialRank === 2 || config.target.kind === "labels") return false;
  const sides = sidesOf(config);
  for (const index of cache.usable) {
    const { shape } = await cache.get(index);
    if (shape.some((side, axis) => side > (sides[axis] as number))) return true;
  }
  return false;
}

function checkTarget(config: FinetuneConfig, set: ImageSet): void {
  const { target, task, loss } = config;
  if (target.kind === "masks") {
    if (set.mask !== undefined) return;
    throw new UsageError(`${task} needs masks, and ${set.name} has none.`);
  }
  const there = set.labelNames ?? [];
  const missing = (target.names ?? []).filter((name) => !there.includes(name));
  if (set.labels !== undefined && there.length > 0 && missing.length === 0) {
    if (loss === "cross-entropy") checkClasses(config, set, target.names ?? there);
    return;
  }
  throw new UsageError(
    `${task} needs the labels ${target.names?.join(", ") ?? "of the data"}, and ${set.name} has ${there.join(", ") || "none"}.`,
  );
}

/** @throws UsageError for an image that is not of exactly one class. */
function checkClasses({ task }: FinetuneConfig, set: ImageSet, names: readonly string[]): void {
  for (let index = 0; index < set.length; index += 1) {
    const labels = labelsOf(set, names, index);
    const own = names.filter((_, k) => labels[k] === 1);
    if (own.length === 1 && labels.every((label) => label === 0 || label === 1)) continue;
    throw new UsageError(
      `${task}: cross-entropy needs exactly one of ${names.join(", ")} for each image, ${set.id(index)} has ${own.join(", ") || "none"}. Leave such images out, or use --set loss=binary-cross-entropy, which takes each label by itself.`,
    );
  }
}

/** Images that a batch needs, for batch norm. */
const LEAST = 2;

/** The first images of an order that the seed draws: fractions are parts of each other. */
function labelledFraction(cache: ImageCache, { fraction, seed }: FinetuneConfig): ImageCache {
  if (fraction === 1) return cache;
  const count = Math.round(fraction * cache.usable.length);
  if (count < LEAST) {
    throw new UsageError(
      `fraction ${fraction} of ${cache.usable.length} images is ${count}, and training needs ${LEAST} at least. Choose ${(LEAST / cache.usable.length).toPrecision(2)} or more.`,
    );
  }
  const order = createRandom(seed, "label fraction").permutation(cache.usable.length);
  const kept = [...order.subarray(0, count)].sort((a, b) => a - b);
  return { ...cache, usable: kept.map((i) => cache.usable[i] as number) };
}
