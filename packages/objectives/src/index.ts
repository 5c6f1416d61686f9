export { embeddingStd } from "./embedding-std.ts";
export { infoNce, type InfoNceOptions } from "./info-nce.ts";
export { moco, type MocoOptions } from "./moco.ts";
export type {
  FeatureMaps,
  Objective,
  ObjectiveContext,
  ObjectiveEncoder,
  ObjectiveResult,
  Targets,
} from "./objective.ts";
export { enqueue, randomQueue } from "./queue.ts";
