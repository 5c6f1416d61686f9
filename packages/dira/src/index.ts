export { withChannels } from "./channels.ts";
export {
  type DiraBatch,
  type DiraMetrics,
  type DiraOptimisers,
  type DiraParts,
  diraStep,
  type DiraStep,
  type DiraStepOptions,
  type DiraWeights,
  generatorParameters,
  type StepContext,
  WEIGHTS_2D,
} from "./dira-step.ts";
export { type GradientPass, gradientsOf } from "./gradients.ts";
export { type CriticLosses, criticLosses, generatorLosses, type GeneratorPass } from "./losses.ts";
