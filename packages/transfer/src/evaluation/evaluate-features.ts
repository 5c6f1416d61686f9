import { DiraError } from "@dira/tensor";
import { checkLabelled, type LabelledFeatures } from "../features/feature-table.ts";
import { areClasses, type Labels } from "../labels.ts";
import { accuracy } from "../metrics/accuracy.ts";
import { multiLabelAuroc } from "../metrics/auroc.ts";
import { kNearestNeighbours, type NeighbourOptions } from "../neighbours/k-nearest-neighbours.ts";
import { linearProbe, type LinearProbeOptions } from "../probe/linear-probe.ts";

/** Options of {@link evaluateFeatures}. */
export interface FeatureEvaluationOptions extends NeighbourOptions {
  /** Whether, or how, a linear probe is fitted. @defaultValue true */
  readonly probe?: boolean | LinearProbeOptions;
}

/** How well labels can be told from features. */
export interface FeatureQuality {
  /** `auroc` of labels, mean over those with both classes; `accuracy` (top-1) of classes. */
  readonly metric: "auroc" | "accuracy";
  /** Undefined when no label has both classes among the test images. */
  readonly value: number | undefined;
  /** AUROC of each label; undefined where all test images are alike. Of classes there is none. */
  readonly perLabel?: readonly (number | undefined)[];
  /** Of the test images, `[N][classes or labels]`: for intervals, curves and thresholds. */
  readonly scores: readonly Float64Array[];
}

/** Quality of features by two classifiers. */
export interface FeatureEvaluation {
  readonly knn: FeatureQuality;
  readonly probe?: FeatureQuality;
}

/**
 * What frozen features are worth: labels of test images told by a vote of the nearest training images, and
 * by a linear probe fitted to them. The same features serve both.
 *
 * @throws DiraError when features or labels don't fit each other.
 */
export async function evaluateFeatures(
  train: LabelledFeatures,
  test: LabelledFeatures,
  options: FeatureEvaluationOptions = {},
): Promise<FeatureEvaluation> {
  checkTogether(train, test);
  const { probe = true, ...neighbours } = options;
  const knn = qualityOf(await kNearestNeighbours(train, test, neighbours), test.labels);
  if (probe === false) return { knn };
  const fitted = linearProbe(train, probe === true ? {} : probe);
  return { knn, probe: qualityOf(fitted.predict(test), test.labels) };
}

/** An evaluation as scalars for a log: `knn_auroc`, `probe_auroc`, or `…_accuracy`; those that there are. */
export function evaluationMetrics(evaluation: FeatureEvaluation): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const [name, quality] of Object.entries(evaluation) as [string, FeatureQuality][]) {
    if (quality.value !== undefined) metrics[`${name}_${quality.metric}`] = quality.value;
  }
  return metrics;
}

function qualityOf(scores: readonly Float64Array[], labels: Labels): FeatureQuality {
  if (areClasses(labels)) return { metric: "accuracy", value: accuracy(scores, labels), scores };
  const { mean, perLabel } = multiLabelAuroc(scores, labels);
  return { metric: "auroc", value: mean, perLabel, scores };
}

function checkTogether(train: LabelledFeatures, test: LabelledFeatures): void {
  const [own, other] = [
    checkLabelled("evaluateFeatures, train", train),
    checkLabelled("evaluateFeatures, test", test),
  ];
  const classes = areClasses(train.labels);
  if (classes === areClasses(test.labels) && (classes || own === other)) return;
  const told = (count: number, { labels }: LabelledFeatures): string =>
    areClasses(labels) ? "classes" : `${count} labels`;
  throw new DiraError(
    `evaluateFeatures: train and test must be labelled alike; train has ${told(own, train)}, test ${told(other, test)}.`,
  );
}
