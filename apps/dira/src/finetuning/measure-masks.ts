import {
  type ImageMetric,
  meanAndStd,
  type OverlapCounts,
  overlapCounts,
  overlapOfCounts,
  surfaceDistances,
  type VoxelMap,
} from "@dira/transfer";
import type { Structure } from "./batches.ts";
import type { Metrics } from "./measure.ts";
import type { ImagePrediction } from "./predict.ts";

/** From which probability on a pixel is a structure's. */
export const THRESHOLD = 0.5;

/** How well a structure was found in one image. */
interface StructureScore extends OverlapCounts {
  /** Undefined where one of the masks is empty. */
  readonly hausdorff95: number | undefined;
  /** Average symmetric surface distance; undefined where one of the masks is empty. */
  readonly surfaceDistance: number | undefined;
}

/** All of an image that its metrics need: its maps need not be kept. */
export interface MaskScore {
  /** The image's number in its set. */
  readonly image: number;
  /** Distances are in mm, else in pixels. */
  readonly inMillimetres: boolean;
  readonly structures: readonly StructureScore[];
}

/** Scores an image; undefined where it has no true mask. */
export function maskScore(
  { image, probabilities, shape, spacing, mask }: ImagePrediction,
  structures: readonly Structure[],
): MaskScore | undefined {
  if (mask === undefined) return undefined;
  const sides = shape.slice(0, -1);
  const map = (valueAt: (i: number) => boolean): VoxelMap => ({
    data: Uint8Array.from({ length: mask.length }, (_, i) => Number(valueAt(i))),
    shape: sides,
    ...(spacing && { spacing }),
  });
  const scores = structures.map(({ values }, k): StructureScore => {
    const truth = map((i) => values.includes(mask[i] as number));
    const predicted = map((i) => (probabilities[i * structures.length + k] as number) >= THRESHOLD);
    const { hausdorff95, average } = surfaceDistances(predicted, truth);
    return { ...overlapCounts(predicted, truth), hausdorff95, surfaceDistance: average };
  });
  return { image, inMillimetres: spacing !== undefined, structures: scores };
}

/** In which unit distances are averaged; images that have them in the other are left out. */
export function distanceUnit(scores: readonly MaskScore[]): "mm" | "pixels" {
  return scores.some(({ inMillimetres }) => inMillimetres) ? "mm" : "pixels";
}

/**
 * Dice and IoU of a structure, per image and of all pixels together, where images without it count as 1 or 0; and surface
 * distances, as means over the images that have one.
 */
export function maskMetrics(
  scores: readonly MaskScore[],
  structure: number,
  metric: "dice" | "iou",
): Metrics {
  const own = scores.map(({ structures }) => structures[structure] as StructureScore);
  const { dice, iou } = overlapOfCounts(own);
  const millimetres = distanceUnit(scores) === "mm";
  const distances = (of: (score: StructureScore) => number | undefined): (number | undefined)[] =>
    own.map((score, i) => (scores[i]?.inMillimetres === millimetres ? of(score) : undefined));
  const surface = distances(({ surfaceDistance }) => surfaceDistance);
  const measures = { dice: meanOf(dice.perImage), iou: meanOf(iou.perImage) };
  const { [metric]: main, ...more } = measures;
  return {
    main,
    more: {
      ...more,
      hausdorff95: meanOf(distances(({ hausdorff95 }) => hausdorff95)),
      surface_distance: meanOf(surface),
    },
    counts: {
      pooled_dice: dice.pooled ?? NaN,
      pooled_iou: iou.pooled ?? NaN,
      images_with_it: own.filter(({ truth }) => truth > 0).length,
      undefined_distances: surface.filter((value) => value === undefined).length,
    },
  };
}

/** The mean over the images that have a value. */
function meanOf(values: readonly (number | undefined)[]): ImageMetric {
  return (images) => meanAndStd(images.map((i) => values[i])).mean;
}
