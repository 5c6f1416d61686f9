export { chestXray14, type ChestXray14Options, isChestXray14, type Split } from "./chest-xray14.ts";
export { CHEST_XRAY14_LABELS } from "./chest-xray14-tables.ts";
export { decodeImage } from "./decode-image.ts";
export { DataError, ImageError, type ImageSet, type Scan } from "./image.ts";
export { cacheImages, type CacheOptions, cacheSide, type ImageCache } from "./image-cache.ts";
export { imageFolder } from "./image-folder.ts";
export { openDataSet, openImages } from "./open-data-set.ts";
export { PHANTOM_LABELS } from "./phantom/anatomy.ts";
export {
  phantomChestXray,
  type PhantomChestXray,
  type PhantomFinding,
  type PhantomOptions,
} from "./phantom/chest-xray.ts";
export {
  phantomChestXrays,
  phantomChestXrays as phantomXrays,
  type PhantomSetOptions,
} from "./phantom/set.ts";
export { type BatchTask, makeBatch, type ViewBatch } from "./view-batch.ts";
export {
  validationBatches,
  type ValidationOptions,
  viewLoader,
  type ViewLoader,
  type ViewLoaderOptions,
} from "./view-loader.ts";
export { type BatchMaker, batchMaker } from "./worker-pool.ts";
