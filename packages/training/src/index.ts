export { adam, adamW, type AdamOptions } from "./adam.ts";
export {
  fit,
  type FitContext,
  type FitOptions,
  type FitResult,
  type Metrics,
  type StepLine,
} from "./fit.ts";
export { BARLOW_TWINS_GROUPS, lars, type LarsGroup, type LarsOptions } from "./lars.ts";
export { leakGuard } from "./leak-guard.ts";
export type { Gradients, Optimiser } from "./optimiser.ts";
export { isVector, type OptimiserOptions, type ParameterGroup } from "./parameter-groups.ts";
export {
  earlyStopping,
  type EarlyStopping,
  type EarlyStoppingOptions,
  type Plateau,
  type PlateauOptions,
  type PlateauState,
  reduceOnPlateau,
} from "./plateau.ts";
export {
  constant,
  cosine,
  type CosineOptions,
  type Schedule,
  stepDecay,
  type StepDecayOptions,
  warmup,
  type WarmupOptions,
} from "./schedule.ts";
export { sgd, type SgdOptions } from "./sgd.ts";
