export {
  type CheckpointReport,
  loadCheckpoint,
  type LoadedState,
  readNumbers,
  saveCheckpoint,
} from "./checkpoint.ts";
export { eventFile, type EventFile } from "./event-file.ts";
export { type Interrupt, onInterrupt } from "./interrupt.ts";
export type { MetricsLine, MetricsLog } from "./metrics-log.ts";
export type { Numbers } from "./numbers.ts";
export { checkRunFolder, openRun, type OpenRunOptions, type RunFolder } from "./run-folder.ts";
export {
  type AlsoAs,
  checkpointFolder,
  type CheckpointFolder,
  loadState,
  saveState,
  type StateRecords,
} from "./state.ts";
export { keepAs, writeAtomically } from "./write-atomically.ts";
