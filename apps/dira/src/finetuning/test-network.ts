import type { ImageCache, ImageSet } from "@dira/data";
import { writeAtomically } from "@dira/training/node";
import { overlapOfCounts } from "@dira/transfer";
import { csvOf } from "../csv.ts";
import { labelsOf, type Structure } from "./batches.ts";
import {
  type Measured,
  measureTest,
  patientOf,
  shownInterval,
  type TestResult,
} from "./measure.ts";
import { labelMetrics, type LabelScore } from "./measure-labels.ts";
import { distanceUnit, maskMetrics, type MaskScore, maskScore } from "./measure-masks.ts";
import { predictions, type Predictor } from "./predict.ts";

/** A test and what it found of each image. */
export interface NetworkTest {
  readonly result: TestResult;
  /** As CSV: `predictions.csv` of labels, `per-image.csv` of masks. */
  readonly table: { readonly name: string; readonly text: string };
}

/**
 * Tests a network on images, which are measured one by one as they are predicted: probabilities of a volume are not kept.
 *
 * @param names - labels or structures, one per output.
 * @throws Error when no image has a mask.
 */
export async function testNetwork(
  predictor: Predictor,
  names: readonly string[],
  cache: ImageCache,
): Promise<NetworkTest> {
  const { target } = predictor.config;
  return target.kind === "masks"
    ? testMasks(predictor, target.structures, cache)
    : testLabels(predictor, names, cache);
}

/** Writes the result, and the table beside it. */
export function writeTest(
  { result, table }: NetworkTest,
  paths: { readonly result: string; readonly table: (name: string) => string },
): void {
  writeAtomically(paths.result, `${JSON.stringify(result, null, 2)}\n`);
  writeAtomically(paths.table(table.name), table.text);
}

/** A test in a line. */
export function describeTest(result: TestResult): string {
  const { metric, mean, images, each, too_few_positives: few = [] } = result;
  const alike = Object.entries(each).flatMap(([name, metrics]) =>
    (metrics[metric] as Measured).value === undefined && !few.includes(name) ? [name] : [],
  );
  const without = [
    alike.length > 0 && `${alike.join(", ")}, of which the test images are all alike`,
    few.length > 0 && `${few.join(", ")}, which have too few positives`,
  ].filter((part) => part !== false);
  const left = without.length === 0 ? "" : `; without ${without.join("; ")}`;
  return `test: ${metric} ${shownInterval(mean)} of ${images} images${left}`;
}

async function testLabels(
  predictor: Predictor,
  names: readonly string[],
  cache: ImageCache,
): Promise<NetworkTest> {
  const { set } = cache;
  const scores: LabelScore[] = [];
  for await (const { image, probabilities } of predictions(predictor, cache)) {
    // A smoothed uncertain label (CheXpert) is a target to train on, not a truth to test by.
    const truth = labelsOf(set, names, image).map((y) => (y === 0 || y === 1 ? y : NaN));
    scores.push({ image, probabilities, truth });
  }
  const metrics = names.map((name, k) => [name, labelMetrics(scores, k)] as const);
  const images = scores.map(({ image }) => image);
  const head = ["image", "patient", ...names, ...names.map((name) => `true ${name}`)];
  const rows = scores.map(({ image, probabilities, truth }) => [
    ...[set.id(image), patientOf(set, image)],
    ...probabilities,
    ...truth,
  ]);
  return {
    result: measureTest(predictor.config, set, images, Object.fromEntries(metrics)),
    table: { name: "predictions.csv", text: csvOf([head, ...rows]) },
  };
}

async function testMasks(
  predictor: Predictor,
  structures: readonly Structure[],
  cache: ImageCache,
): Promise<NetworkTest> {
  const { config } = predictor;
  const { set } = cache;
  const scores: MaskScore[] = [];
  for await (const prediction of predictions(predictor, cache)) {
    const score = maskScore(prediction, structures);
    if (score !== undefined) scores.push(score);
  }
  const without = cache.usable.length - scores.length;
  if (scores.length === 0) throw new Error(`No image of ${set.name} has a mask to test with.`);
  if (without > 0) console.warn(`warning: ${without} images without a mask are not in the test`);
  const metric = config.metric === "iou" ? "iou" : "dice";
  const metrics = structures.map(({ name }, k) => [name, maskMetrics(scores, k, metric)] as const);
  const images = scores.map(({ image }) => image);
  return {
    result: {
      ...measureTest(config, set, images, Object.fromEntries(metrics)),
      distance_unit: distanceUnit(scores),
    },
    table: { name: "per-image.csv", text: maskTable(scores, structures, set) },
  };
}

function maskTable(
  scores: readonly MaskScore[],
  structures: readonly Structure[],
  set: ImageSet,
): string {
  const head = ["image", "patient", "structure", "dice", "iou", "hausdorff95", "surface_distance", "distance_unit"]; // prettier-ignore
  const rows = scores.flatMap(({ image, structures: own, inMillimetres }) =>
    own.map((score, k) => {
      const { dice, iou } = overlapOfCounts([score]);
      return [
        ...[set.id(image), patientOf(set, image), structures[k]?.name],
        ...[dice.pooled, iou.pooled, score.hausdorff95, score.surfaceDistance],
        inMillimetres ? "mm" : "pixels",
      ];
    }),
  );
  return csvOf([head, ...rows]);
}
