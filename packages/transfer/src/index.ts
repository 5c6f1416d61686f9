export {
  evaluateFeatures,
  evaluationMetrics,
  type FeatureEvaluation,
  type FeatureEvaluationOptions,
  type FeatureQuality,
} from "./evaluation/evaluate-features.ts";
export {
  onlineEvaluation,
  type OnlineEvaluation,
  type OnlineEvaluationOptions,
} from "./evaluation/online-evaluation.ts";
export {
  extractFeatures,
  type FeatureEncoder,
  type LabelledBatch,
  type LabelledBatches,
} from "./features/extract-features.ts";
export type { FeatureTable, LabelledFeatures } from "./features/feature-table.ts";
export type { BlendMode } from "./inference/importance-map.ts";
export {
  type ChannelMap,
  slidingWindow,
  type SlidingWindowOptions,
} from "./inference/sliding-window.ts";
export type { Labels } from "./labels.ts";
export type { VoxelBox } from "./localisation/box.ts";
export type {
  ClassActivationOptions,
  MappedClassifier,
} from "./localisation/class-activation-map.ts";
export {
  type ComponentOptions,
  type Components,
  connectedComponents,
} from "./localisation/connected-components.ts";
export { gradCam } from "./localisation/grad-cam.ts";
export { gradCamPlusPlus } from "./localisation/grad-cam-plus-plus.ts";
export {
  type HeatMapBox,
  heatMapBox,
  type HeatMapBoxOptions,
} from "./localisation/heat-map-box.ts";
export {
  type LocalisationAccuracy,
  localisationAccuracy,
} from "./localisation/localisation-accuracy.ts";
export { occlusionMap, type OcclusionOptions } from "./localisation/occlusion-map.ts";
export {
  energyPointingGame,
  pointingGame,
  type PointingGameOptions,
} from "./localisation/pointing-game.ts";
export { boxOverlap, maskOverlap, type RegionOverlap } from "./localisation/region-overlap.ts";
export type { Outputs } from "./localisation/score-of-output.ts";
export { accuracy } from "./metrics/accuracy.ts";
export { auroc, multiLabelAuroc } from "./metrics/auroc.ts";
export { averagePrecision, multiLabelAveragePrecision } from "./metrics/average-precision.ts";
export { brierScore, multiLabelBrierScore } from "./metrics/brier-score.ts";
export {
  type CalibrationBin,
  type CalibrationOptions,
  expectedCalibrationError,
  multiLabelCalibrationError,
  reliability,
  topClassCalibrationError,
} from "./metrics/calibration.ts";
export type { Candidate, DetectionScan, Finding } from "./metrics/candidate-matching.ts";
export { distanceTransform } from "./metrics/distance-transform.ts";
export { type Froc, froc, type FrocOptions, type FrocPoint } from "./metrics/froc.ts";
export {
  operatingPoint,
  type OperatingPoint,
  operatingPointAt,
  type OperatingTarget,
  youdenPoint,
} from "./metrics/operating-point.ts";
export {
  type Overlap,
  overlap,
  overlapAtThresholds,
  type OverlapCounts,
  overlapCounts,
  type OverlapMetric,
  overlapOfCounts,
  type OverlapOptions,
} from "./metrics/overlap.ts";
export type { PerLabelMetric } from "./metrics/per-label.ts";
export { presortedAuroc } from "./metrics/presorted-auroc.ts";
export { rocCurve, type RocPoint, sensitivityAt } from "./metrics/roc-curve.ts";
export {
  type SurfaceDistanceOptions,
  type SurfaceDistances,
  surfaceDistances,
} from "./metrics/surface-distances.ts";
export type { VoxelMap } from "./metrics/voxel-map.ts";
export { kNearestNeighbours, type NeighbourOptions } from "./neighbours/k-nearest-neighbours.ts";
export { linearProbe, type LinearProbe, type LinearProbeOptions } from "./probe/linear-probe.ts";
export {
  type ParameterMover,
  type SupervisedBatch,
  type SupervisedStep,
  supervisedStep,
  type SupervisedStepOptions,
} from "./fine-tuning/supervised-step.ts";
export { layerWiseRates, trainable, type TrainableOptions } from "./fine-tuning/trainable.ts";
export { binaryCrossEntropy } from "./losses/binary-cross-entropy.ts";
export { softDiceLoss, type SoftDiceOptions } from "./losses/soft-dice-loss.ts";
export { classifier, type Classifier, type ClassifierOptions } from "./networks/classifier.ts";
export { segmenter, type SegmenterOptions } from "./networks/segmenter.ts";
export {
  describeReport,
  loadPretrained,
  PREFIXES,
  type PretrainedOptions,
  type PretrainedReport,
} from "./weights/load-pretrained.ts";
export {
  type BootstrapInterval,
  bootstrapInterval,
  type BootstrapOptions,
  type ImageMetric,
} from "./statistics/bootstrap.ts";
export { hedgesG } from "./statistics/hedges-g.ts";
export { type MeanAndStd, meanAndStd } from "./statistics/mean-and-std.ts";
export { benjaminiHochberg, bonferroni, holm } from "./statistics/multiple-testing.ts";
export { pairedBootstrap, type PairedDifference } from "./statistics/paired-bootstrap.ts";
export { quantile } from "./statistics/quantile.ts";
export type { ResamplingOptions } from "./statistics/resampling.ts";
export { studentTTest, type TTest, welchTTest } from "./statistics/t-test.ts";
