export {
  CHEST_XRAY14_LABELS,
  chestXray14,
  isChestXray14,
  openImages,
  type Split,
} from "./chest-xray14.ts";
export { decodeImage } from "./decode-image.ts";
export { DataError, type GreyImage, ImageError, type ImageSet } from "./image.ts";
export { cacheImages, type CacheOptions, type ImageCache } from "./image-cache.ts";
export { imageFolder } from "./image-folder.ts";
export { PHANTOM_LABELS, phantomXray, type PhantomXray, phantomXrays } from "./phantom.ts";
export { type BatchTask, makeBatch, type ViewBatch } from "./view-batch.ts";
export {
  validationBatches,
  viewLoader,
  type ViewLoader,
  type ViewLoaderOptions,
} from "./view-loader.ts";
export { type BatchMaker, batchMaker } from "./worker-pool.ts";
