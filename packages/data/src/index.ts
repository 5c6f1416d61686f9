export { chestXray14, type ChestXray14Options, isChestXray14, type Split } from "./chest-xray14.ts";
export { CHEST_XRAY14_LABELS } from "./chest-xray14-tables.ts";
export { cacheImages, type CacheOptions, cacheSide, type ImageCache } from "./cache/image-cache.ts";
export { decodeImage } from "./decode-image.ts";
export { DataError, ImageError, type ImageSet, type Scan } from "./image.ts";
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
export type { ReadTask } from "./loader/job.ts";
export type { ModuleCall } from "./loader/module-call.ts";
export {
  classBalancedSampler,
  type ClassBalancedSamplerOptions,
  type Sampler,
  uniformSampler,
  type UniformSamplerOptions,
} from "./loader/sampler.ts";
export {
  type BatchTask,
  type BatchView,
  makeBatch,
  type Pipeline,
  type ViewBatch,
  type Views,
} from "./loader/view-batch.ts";
export {
  validationBatches,
  type ValidationOptions,
  viewLoader,
  type ViewLoader,
  type ViewLoaderOptions,
} from "./loader/view-loader.ts";
export { type BatchMaker, batchMaker } from "./loader/worker-pool.ts";
export {
  describeLeakage,
  findLeakage,
  findNearDuplicates,
  type Leakage,
  refuseLeakage,
  type SplitImage,
} from "./splits/leakage.ts";
export { hammingDistance, perceptualHash } from "./splits/perceptual-hash.ts";
export { splitByPatient, type SplitOptions } from "./splits/split-by-patient.ts";
export { subset } from "./subset.ts";
