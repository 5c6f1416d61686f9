export { effectiveRank, type EmbeddingTable } from "./collapse/effective-rank.ts";
export { measureSpread, type SpreadMeasures } from "./collapse/spread.ts";
export {
  type CollapseLimits,
  type CollapseWarning,
  collapseWarnings,
} from "./collapse/warnings.ts";
export {
  type CachedGradients,
  cachedGradients,
  type GradientCacheOptions,
} from "./gradient-cache.ts";
export { barlowTwinsLoss, type BarlowTwinsLossOptions } from "./losses/barlow-twins-loss.ts";
export { dinoLoss, type DinoLossOptions } from "./losses/dino-loss.ts";
export { embeddingStd } from "./losses/embedding-std.ts";
export { inBatchInfoNce, type InBatchInfoNceOptions } from "./losses/in-batch-info-nce.ts";
export { infoNce, type InfoNceOptions } from "./losses/info-nce.ts";
export { byolLoss, negativeCosine } from "./losses/negative-cosine.ts";
export { ntXent, type NtXentOptions } from "./losses/nt-xent.ts";
export {
  sinkhorn,
  type SinkhornOptions,
  swappedPrediction,
  type SwappedPredictionOptions,
} from "./losses/swapped-prediction.ts";
export { vicRegLoss, type VicRegLossOptions } from "./losses/vicreg-loss.ts";
export { barlowTwins, type BarlowTwinsOptions } from "./methods/barlow-twins.ts";
export { byol, type ByolOptions } from "./methods/byol.ts";
export { denseCl, type DenseClOptions } from "./methods/dense-cl.ts";
export { dino, type DinoOptions } from "./methods/dino.ts";
export { type LastStage, lastStage } from "./methods/features.ts";
export { mocoV3, type MocoV3Options } from "./methods/moco-v3.ts";
export { moco, type MocoOptions } from "./methods/moco.ts";
export { cosineMomentum, type MomentumTwin, momentumTwin } from "./methods/momentum-twin.ts";
export { nnClr, type NnClrOptions } from "./methods/nnclr.ts";
export { enqueue, randomQueue } from "./methods/queue.ts";
export { simClr, type SimClrOptions } from "./methods/simclr.ts";
export { simSiam, type SimSiamOptions } from "./methods/simsiam.ts";
export { swav, type SwavOptions } from "./methods/swav.ts";
export { transVw, type TransVwOptions } from "./methods/trans-vw.ts";
export { vicReg, type VicRegOptions } from "./methods/vicreg.ts";
export type {
  FeatureMaps,
  Objective,
  ObjectiveContext,
  ObjectiveEncoder,
  ObjectiveResult,
  Targets,
} from "./objective.ts";
