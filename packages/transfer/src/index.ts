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
export type { Labels } from "./labels.ts";
export { accuracy } from "./metrics/accuracy.ts";
export { auroc, multiLabelAuroc, type MultiLabelAuroc } from "./metrics/auroc.ts";
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
