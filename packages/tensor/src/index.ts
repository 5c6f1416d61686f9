export { leakyRelu, relu } from "./activations.ts";
export { adamUpdate, type AdamNumbers, type AdamTarget } from "./adam-update.ts";
export { addBias } from "./add-bias.ts";
export { averageUpdate, type AverageTarget } from "./average-update.ts";
export { valueAndGradients, type ValueAndGradients } from "./backward.ts";
export {
  type BatchStatistics,
  batchNorm,
  batchNormInference,
  batchNormRelu,
  type BatchNormReluOptions,
} from "./batch-norm.ts";
export { checkShapes, type ShapeRule } from "./check-shapes.ts";
export { conv, type ConvOptions } from "./conv.ts";
export { detach, withoutGradient } from "./detach.ts";
export { DiraError, ShapeError } from "./errors.ts";
export { euclideanNorm } from "./euclidean-norm.ts";
export { l2Normalize, meanSquaredError } from "./losses.ts";
export { momentumUpdate, type MomentumNumbers, type MomentumTarget } from "./momentum-update.ts";
export { instanceNorm } from "./instance-norm.ts";
export { normalize } from "./normalize.ts";
export { globalAveragePool, maxPool, type MaxPoolOptions } from "./pool.ts";
export { checkEngine } from "./check-engine.ts";
export {
  type FeatureMap,
  type PerAxis,
  perAxis,
  spatialAxes,
  spatialRankOf,
  type SpatialRank,
  spatialShape,
} from "./spatial.ts";
export { upsampleNearest } from "./upsample.ts";
