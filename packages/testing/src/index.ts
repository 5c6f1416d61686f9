export { type AdjointOptions, expectAdjoint } from "./adjoint.ts";
export {
  type EmbeddingOptions,
  embeddings,
  featureMaps,
  images,
  type MapOptions,
  type QueueOptions,
  queues,
  type Range,
  type Sample,
  toTensor,
  views,
} from "./arbitraries.ts";
export { relativeError } from "./closeness.ts";
export { type GoldenLoss, goldenLosses } from "./golden-losses.ts";
export { goldenTable, type GoldenTableName } from "./golden-table.ts";
export { expectGradient, type GradientOptions, type TensorFunction } from "./gradient.ts";
export { type Evaluated, evaluate, type Loss } from "./laws/evaluate.ts";
export { lossLaws } from "./laws/loss-laws.ts";
export type { BatchShape, Law, LossLawOptions, Rows } from "./laws/options.ts";
export { expectNoLeak } from "./leaks.ts";
export { distinctValues, pseudoRandom } from "./samples.ts";
export { expectSecondOrderGradient } from "./second-order.ts";
