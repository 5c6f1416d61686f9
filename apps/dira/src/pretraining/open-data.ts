import {
  type BatchMaker,
  cacheImages,
  type CacheOptions,
  cacheSide,
  describeLeakage,
  findLeakage,
  type ImageCache,
  type ImageSet,
} from "@dira/data";
import { type Config, sidesOf } from "../config/index.ts";
import { UsageError } from "../usage-error.ts";
import { openSets } from "./open-sets.ts";
import { cutsPatches, patchSidesOf } from "./pipeline.ts";

/** The images of a run, decoded. */
export interface Images {
  readonly train: ImageCache;
  readonly val: ImageCache;
}

/** Warnings that are printed one by one; the rest are counted. */
const SHOWN = 5;

/**
 * Opens, reads and describes the images of a configuration: a folder's, or phantoms.
 *
 * @param run - the run's folder.
 * @throws UsageError when training and held-out images share patients or copies of images.
 */
export async function openData(config: Config, run: string, maker: BatchMaker): Promise<Images> {
  const [trainSet, valSet] = openSets(config, run);
  const options: CacheOptions = {
    ...shapeOptions(config, trainSet),
    maxUnreadable: config.maxUnreadable,
    maker,
    ...(config.cache === null ? {} : { folder: config.cache }),
  };
  const train = await cacheImages(trainSet, options);
  const val = await cacheImages(valSet, options);
  const warnings = [...train.warnings, ...val.warnings];
  for (const warning of warnings.slice(0, SHOWN)) console.warn(`warning: ${warning}`);
  if (warnings.length > SHOWN) console.warn(`warning: and ${warnings.length - SHOWN} more`);
  const unreadable = trainSet.length + valSet.length - train.usable.length - val.usable.length;
  if (unreadable > 0) console.warn(`warning: ${unreadable} unreadable images are left out`);
  console.log(
    `data: ${trainSet.name}, ${train.usable.length} to train, ${val.usable.length} to validate`,
  );
  await checkLeakage(config, { train, val });
  return { train, val };
}

async function checkLeakage({ leakage }: Config, { train, val }: Images): Promise<void> {
  if (leakage === "ignore") return;
  const found = describeLeakage(await findLeakage({ train, val }));
  if (found === undefined) return;
  if (leakage === "warn") return console.warn(`warning: ${found}`);
  throw new UsageError(
    `Training and held-out images are not apart: ${found} What is measured on the held-out ones would be too good. Split by patient (\`dira data split\`), or accept it with --set leakage=warn.`,
  );
}

/** Images are shrunk; volumes windowed and resampled, unless they are cubes already. */
function shapeOptions(config: Config, set: ImageSet): Pick<CacheOptions, "side" | "volumes"> {
  if (typeof config.size === "number") return { side: cacheSide(config.size) };
  const atLeast = sidesOf(config);
  if (config.volumes === null || !cutsPatches({ set })) return { volumes: { atLeast } };
  const { window, spacing } = config.volumes;
  return {
    volumes: {
      atLeast: patchSidesOf(config),
      ...(window && { window }),
      ...(spacing && { spacing }),
    },
  };
}
