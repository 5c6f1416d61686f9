export { affine, affineOperation, type AffineOptions, type SpanPerAxis } from "./affine.ts";
export {
  bezierIntensity,
  bezierIntensityOperation,
  type BezierIntensityOptions,
} from "./bezier.ts";
export { biasField, biasFieldOperation, type BiasFieldOptions } from "./bias-field.ts";
export type { Border } from "./border.ts";
export {
  brightness,
  brightnessContrast,
  brightnessContrastOperation,
  type BrightnessContrastOptions,
  brightnessOperation,
  contrast,
  contrastOperation,
  type Cut,
  type FactorOptions,
  gamma,
  gammaOperation,
  type GammaOptions,
} from "./brightness-contrast.ts";
export { clahe, claheOperation, type ClaheOptions } from "./clahe.ts";
export { colorJitter, colorJitterOperation, type ColorJitterOptions } from "./color-jitter.ts";
export { type CubeTransformOptions, cubeTraining, cubeValidation } from "./cubes.ts";
export { compose, oneOf, someOf, type ViewMaker, views, withProbability } from "./compose.ts";
export {
  centerCrop,
  cropPad,
  cropPadOperation,
  type CropPadOptions,
  pad,
  padOperation,
  type PadOptions,
  randomCrop,
} from "./crop-pad.ts";
export { diraViews, type DiraViews, type DiraViewsOptions } from "./dira-views.ts";
export { elastic, elasticOperation, type ElasticOptions } from "./elastic.ts";
export {
  classificationTest,
  classificationTraining,
  classificationValidation,
  type ClassificationOptions,
  segmentationTraining,
  segmentationValidation,
  type SegmentationOptions,
} from "./fine-tuning.ts";
export { DiraError } from "./errors.ts";
export { gaussianBlur, gaussianBlurOperation, type GaussianBlurOptions } from "./gaussian-blur.ts";
export { worldPosition } from "./geometry.ts";
export {
  histogramEqualize,
  histogramEqualizeOperation,
  type HistogramEqualizeOptions,
  histogramMatch,
  histogramMatchOperation,
  type HistogramMatchOptions,
  landmarksOf,
} from "./histogram.ts";
export { inverse, type InverseOptions, undo } from "./inverse.ts";
export type { Replayable } from "./known-operations.ts";
export {
  gridDistortion,
  gridDistortionOperation,
  type GridDistortionOptions,
  opticalDistortion,
  opticalDistortionOperation,
  type OpticalDistortionOptions,
} from "./lens.ts";
export { gaussianNoise, gaussianNoiseOperation, type GaussianNoiseOptions } from "./noise.ts";
export {
  flip,
  flipHorizontally,
  flipOperation,
  type FlipOptions,
  repeatedFlip,
  repeatedFlipOperation,
  type RepeatedFlipOptions,
  rotate90,
  rotate90Operation,
  type Rotate90Options,
} from "./orientation.ts";
export {
  inPainting,
  inPaintingOperation,
  outPainting,
  outPaintingOperation,
  type PaintingOptions,
  type PaintingVariant,
} from "./painting.ts";
export {
  patchShuffling,
  patchShufflingOperation,
  type PatchShufflingOptions,
} from "./patch-shuffling.ts";
export {
  barlowTwinsViews,
  mocoV2Views,
  modelsGenesisPair,
  type ModelsGenesisOptions,
  type PairMaker,
  type RestorationPair,
  simSiamViews,
  transVwPair,
  type TwoViewOptions,
} from "./pipelines.ts";
export { transVwDistortion, type TransVwOptions } from "./trans-vw-distortion.ts";
export {
  localPixelShuffling,
  localPixelShufflingOperation,
  type LocalPixelShufflingOptions,
} from "./pixel-shuffling.ts";
export { patchSampler, randomPatch, type RandomPatchOptions } from "./random-patch.ts";
export {
  randomResizedCrop,
  randomResizedCropOperation,
  type RandomResizedCropOptions,
  randomSizedCrop,
  randomSizedCropOperation,
  type RandomSizedCropOptions,
  resize,
  resizeOperation,
  type ResizeOptions,
} from "./random-resized-crop.ts";
export { replay } from "./replay.ts";
export {
  IMAGENET_GREY,
  intensityWindow,
  normalize,
  normalizeOperation,
  type NormalizeOptions,
  percentileScaling,
  rescaleIntensity,
  rescaleIntensityOperation,
  type RescaleOptions,
  zScore,
  zScoreOperation,
} from "./rescale.ts";
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
export { solarize, solarizeOperation, type SolarizeOptions } from "./solarize.ts";
export type { Span } from "./span.ts";
export type { Filter } from "./taps.ts";
export { tenCrop } from "./ten-crop.ts";
export {
  testTimeAugmentation,
  type TestTimeAugmentationOptions,
} from "./test-time-augmentation.ts";
