export { adam, adamW, type AdamOptions } from "./adam.ts";
export {
  type CheckpointReport,
  loadCheckpoint,
  type LoadedState,
  readNumbers,
  saveCheckpoint,
} from "./checkpoint.ts";
export { eventFile, type EventFile } from "./event-file.ts";
export {
  fit,
  type FitContext,
  type FitOptions,
  type FitResult,
  type Metrics,
  type StepLine,
} from "./fit.ts";
export { type Interrupt, onInterrupt } from "./interrupt.ts";
export { BARLOW_TWINS_GROUPS, lars, type LarsGroup, type LarsOptions } from "./lars.ts";
export { leakGuard } from "./leak-guard.ts";
export type { MetricsLine, MetricsLog } from "./metrics-log.ts";
export type { Numbers } from "./numbers.ts";
export type { Gradients, Optimiser } from "./optimiser.ts";
export { isVector, type OptimiserOptions, type ParameterGroup } from "./parameter-groups.ts";
export { checkRunFolder, openRun, type OpenRunOptions, type RunFolder } from "./run-folder.ts";
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
export {
  type AlsoAs,
  checkpointFolder,
  type CheckpointFolder,
  loadState,
  saveState,
  type StateRecords,
} from "./state.ts";
export { keepAs, writeAtomically } from "./write-atomically.ts";
