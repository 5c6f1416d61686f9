export { adam, type AdamOptions } from "./adam.ts";
export { loadCheckpoint, type Numbers, readNumbers, saveCheckpoint } from "./checkpoint.ts";
export type { Optimiser } from "./optimiser.ts";
export { type MetricsLine, openRun, type OpenRunOptions, type RunFolder } from "./run-folder.ts";
export { constant, cosine, type CosineOptions, type Schedule } from "./schedule.ts";
export { sgd, type SgdOptions } from "./sgd.ts";
export { writeAtomically } from "./write-atomically.ts";
