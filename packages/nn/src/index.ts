export { checkpointed } from "./checkpointed.ts";
export {
  filled,
  initialise,
  type Initializer,
  kaimingNormalFanOut,
  kaimingUniformFanIn,
  normal,
  torchDefault,
  xavierUniform,
} from "./init.ts";
export {
  batchNorm,
  type BatchNorm,
  type BatchNormOptions,
  type Convolution,
  convolution,
  type ConvolutionOptions,
  linear,
  type LinearOptions,
  transposedConvolution,
  type TransposedConvolutionOptions,
} from "./layers.ts";
export { mlpHead, type MlpHeadOptions } from "./mlp-head.ts";
export {
  countParameters,
  gather,
  type Mode,
  type Module,
  prefixed,
  type Variables,
} from "./module.ts";
export { copyVariables, followParameters } from "./twin.ts";
export {
  fromTorchLayout,
  loadWeights,
  type LoadReport,
  saveWeights,
  toTorchLayout,
  type WeightArray,
} from "./weights.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  type StoredDtype,
  type StoredTensor,
} from "./safetensors.ts";
