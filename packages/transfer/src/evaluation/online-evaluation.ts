import { DiraError } from "@dira/tensor";
import {
  extractFeatures,
  type FeatureEncoder,
  type LabelledBatches,
} from "../features/extract-features.ts";
import {
  evaluateFeatures,
  evaluationMetrics,
  type FeatureEvaluationOptions,
} from "./evaluate-features.ts";

/** Options of {@link onlineEvaluation}. */
export interface OnlineEvaluationOptions extends FeatureEvaluationOptions {
  /** Makes the batches of labelled training images, the same each time. */
  readonly train: () => LabelledBatches;
  /** Makes those of the test images. */
  readonly test: () => LabelledBatches;
  /** Evaluates at every so manyth validation. @defaultValue 1 */
  readonly every?: number;
}

/** Evaluates features while a run trains. */
export interface OnlineEvaluation {
  /** Whether the nth validation of the run, from 1, is one to evaluate at. It is a matter of n alone. */
  due(validation: number): boolean;
  /** `val_knn_auroc` and `val_probe_auroc`, or `…_accuracy` of classes, of the encoder as it is now. */
  evaluate(encoder: FeatureEncoder): Promise<Record<string, number>>;
}

/**
 * An online evaluation that any run can call at its validations: one feature pass over labelled images
 * with the encoder in inference mode, then {@link evaluateFeatures}. It draws no random numbers and
 * changes nothing, so a run's weights are the same bits with it and without.
 *
 * @throws DiraError when `every` is no whole number from 1.
 */
export function onlineEvaluation(options: OnlineEvaluationOptions): OnlineEvaluation {
  const { train, test, every = 1, ...rest } = options;
  if (!Number.isInteger(every) || every < 1) {
    throw new DiraError(`onlineEvaluation: \`every\` must be a whole number from 1, got ${every}.`);
  }
  return {
    due: (validation) => validation % every === 0,
    evaluate: async (encoder) => {
      const bank = await extractFeatures(encoder, train());
      const evaluation = await evaluateFeatures(bank, await extractFeatures(encoder, test()), rest);
      const metrics = Object.entries(evaluationMetrics(evaluation));
      return Object.fromEntries(metrics.map(([name, value]) => [`val_${name}`, value]));
    },
  };
}
