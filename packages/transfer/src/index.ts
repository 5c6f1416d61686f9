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
