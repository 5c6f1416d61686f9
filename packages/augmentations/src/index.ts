export { compose, oneOf, replay, withProbability } from "./compose.ts";
export { diraViews, type DiraViews, type DiraViewsOptions } from "./dira-views.ts";
export {
  inPainting,
  inPaintingOperation,
  outPainting,
  outPaintingOperation,
  patchShuffling,
  patchShufflingOperation,
  type PatchShufflingOptions,
} from "./distortions.ts";
export {
  colorJitter,
  colorJitterOperation,
  type ColorJitterOptions,
  gaussianBlur,
  gaussianBlurOperation,
  type GaussianBlurOptions,
} from "./intensity.ts";
export { cropResize } from "./resize.ts";
export {
  type Operation,
  type Raster,
  type Sample,
  sampleOf,
  type Transform,
  transformOf,
  type TransformRecord,
} from "./sample.ts";
export {
  flipHorizontally,
  flipOperation,
  randomResizedCrop,
  randomResizedCropOperation,
  type RandomResizedCropOptions,
} from "./spatial.ts";
