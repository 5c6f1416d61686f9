export { colorJitter, colorJitterOperation, type ColorJitterOptions } from "./color-jitter.ts";
export { compose, oneOf, withProbability } from "./compose.ts";
export { diraViews, type DiraViews, type DiraViewsOptions } from "./dira-views.ts";
export {
  inPainting,
  inPaintingOperation,
  outPainting,
  outPaintingOperation,
} from "./distortions.ts";
export { gaussianBlur, gaussianBlurOperation, type GaussianBlurOptions } from "./gaussian-blur.ts";
export {
  patchShuffling,
  patchShufflingOperation,
  type PatchShufflingOptions,
} from "./patch-shuffling.ts";
export { replay, type Replayable } from "./replay.ts";
export { cropNearest, cropResize } from "./resize.ts";
export {
  type Box,
  type LabelledBox,
  type Operation,
  type Pixels,
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
