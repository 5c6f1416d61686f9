export { adamUpdate, type AdamNumbers, type AdamTarget } from "./adam-update.ts";
export { leakyRelu, relu } from "./activations.ts";
export { addBias } from "./add-bias.ts";
export type { Affine } from "./affine.ts";
export { averageUpdate, type AverageTarget } from "./average-update.ts";
export { averagePool, type AveragePoolOptions } from "./average-pool.ts";
export { valueAndGradients, type ValueAndGradients } from "./backward.ts";
export {
  type BatchStatistics,
  batchNorm,
  batchNormInference,
  batchNormRelu,
  type BatchNormReluOptions,
} from "./batch-norm.ts";
export { checkpoint, type CheckpointVariables } from "./checkpoint.ts";
export { checkEngine } from "./check-engine.ts";
export { checkShapes, type ShapeRule } from "./check-shapes.ts";
export { concatChannels } from "./concat-channels.ts";
export { convTranspose, type ConvTransposeOptions } from "./conv-transpose.ts";
export { type CheapInput, convOf } from "./conv-of.ts";
export { conv, type ConvOptions } from "./conv.ts";
export { softmaxCrossEntropy } from "./cross-entropy.ts";
export { type Differentiable, withGradient } from "./custom-gradient.ts";
export { detach, withoutGradient } from "./detach.ts";
export { DiraError, ShapeError } from "./errors.ts";
export { euclideanNorm } from "./euclidean-norm.ts";
export { globalAveragePool, globalMaxPool } from "./global-pool.ts";
export { groupNorm } from "./group-norm.ts";
export { type Inner, innerGradient, type InnerGradient } from "./inner-gradient.ts";
export { instanceNorm } from "./instance-norm.ts";
export { l2Normalize } from "./l2-normalize.ts";
export { layerNorm } from "./layer-norm.ts";
export type { HeldMemory, MemoryAmount, OperationMemory } from "./buffer-ledger.ts";
export { maxPool } from "./max-pool.ts";
export { meanSquaredError } from "./mean-squared-error.ts";
export { type GradientMemory, type MemoryProfile, profileMemory } from "./memory-profile.ts";
export { momentumUpdate, type MomentumNumbers, type MomentumTarget } from "./momentum-update.ts";
export { normalize } from "./normalize.ts";
export { pad, type PadMode } from "./pad.ts";
export type { PoolOptions } from "./pool-options.ts";
export { resizeLinear, resizeNearest } from "./resize.ts";
export { softmax } from "./softmax.ts";
export {
  type FeatureMap,
  type PerAxis,
  perAxis,
  spatialAxes,
  spatialRankOf,
  type SpatialRank,
  spatialShape,
} from "./spatial.ts";
export { splitBatchNorm } from "./split-batch-norm.ts";
export { upsampleNearest } from "./upsample.ts";
