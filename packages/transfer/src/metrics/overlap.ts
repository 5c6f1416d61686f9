import { DiraError } from "@dira/tensor";
import { meanAndStd } from "../statistics/mean-and-std.ts";
import { atLeast, checkSameShape, maskOf, type VoxelMap } from "./voxel-map.ts";

/** Options of {@link overlap}. */
export interface OverlapOptions {
  /** From which value on a predicted voxel is foreground; masks of 0 and 1 may stay as they are. @defaultValue 0.5 */
  readonly threshold?: number;
  /**
   * What an image without foreground in its truth is worth. False: 1 when nothing is predicted either, else
   * 0. True: undefined, so it is left out of means. MONAI's name; its default is true.
   *
   * @defaultValue false
   */
  readonly ignoreEmpty?: boolean;
}

/** One measure of overlap over a set of images. */
export interface OverlapMetric {
  /** Of all voxels of all images taken together: large structures count more. */
  readonly pooled: number | undefined;
  readonly perImage: readonly (number | undefined)[];
  /** Mean over the images that have a value; undefined when none has. */
  readonly mean: number | undefined;
}

/** How predicted and true foreground overlap. */
export interface Overlap {
  /** `2 |P ∩ T| / (|P| + |T|)`, the F1 score of voxels; in [0, 1]. */
  readonly dice: OverlapMetric;
  /** Jaccard index, `|P ∩ T| / |P ∪ T| = D / (2 − D)`; in [0, 1]. */
  readonly iou: OverlapMetric;
}

/** Voxels of one image: all that its overlap needs. */
export interface OverlapCounts {
  /** In prediction and truth. */
  readonly both: number;
  readonly predicted: number;
  readonly truth: number;
}

/**
 * Dice coefficient and IoU of segmentations, pooled over all voxels and as a mean over images: the DiRA
 * authors report both kinds of Dice (at 0.5), and the 3D tasks IoU. One class at a time. Per image they are
 * `monai.metrics.DiceMetric(ignore_empty=…)` and `MeanIoU`; pooled, `sklearn.metrics.f1_score` and
 * `jaccard_score` of all voxels, which without any foreground are 0, where here it is as `ignoreEmpty` says.
 *
 * @param predictions - probabilities or masks. @param truth - masks of 0 and 1, of the same shapes.
 * @throws DiraError, naming image and voxel, for NaN, for truth other than 0 and 1, and for shapes or
 *   numbers of images that differ.
 * @see Dice 1945, https://doi.org/10.2307/1932409
 */
export function overlap(
  predictions: readonly VoxelMap[],
  truth: readonly VoxelMap[],
  options: OverlapOptions = {},
): Overlap {
  const { threshold = 0.5 } = options;
  if (predictions.length !== truth.length || truth.length === 0) {
    throw new DiraError(
      `overlap: expected predictions and truth of as many images, at least one, got ${predictions.length} and ${truth.length}.`,
    );
  }
  const counts = truth.map((map, n) =>
    countsOf(`overlap, image ${n}`, predictions[n] as VoxelMap, map, threshold),
  );
  return overlapOfCounts(counts, options);
}

/**
 * The counts of one image, for {@link overlapOfCounts}: of large volumes one at a time, none of which need be kept.
 *
 * @throws DiraError as {@link overlap} does.
 */
export function overlapCounts(
  prediction: VoxelMap,
  truth: VoxelMap,
  { threshold = 0.5 }: Pick<OverlapOptions, "threshold"> = {},
): OverlapCounts {
  return countsOf("overlapCounts", prediction, truth, threshold);
}

/** {@link overlap} from the counts of each image. @throws DiraError where there is none. */
export function overlapOfCounts(
  counts: readonly OverlapCounts[],
  { ignoreEmpty = false }: Pick<OverlapOptions, "ignoreEmpty"> = {},
): Overlap {
  if (counts.length === 0) throw new DiraError("overlapOfCounts: expected one image or more.");
  const pooled = counts.reduce((a, b) => ({
    both: a.both + b.both,
    predicted: a.predicted + b.predicted,
    truth: a.truth + b.truth,
  }));
  const metric = (value: (counts: OverlapCounts) => number): OverlapMetric => {
    const of = (c: OverlapCounts): number | undefined => {
      if (c.truth > 0) return value(c);
      return ignoreEmpty ? undefined : Number(c.predicted === 0);
    };
    const perImage = counts.map(of);
    return { pooled: of(pooled), perImage, mean: meanAndStd(perImage).mean };
  };
  return {
    dice: metric(({ both, predicted, truth }) => (2 * both) / (predicted + truth)),
    iou: metric(({ both, predicted, truth }) => both / (predicted + truth - both)),
  };
}

/**
 * {@link overlap} at several thresholds, in their order: how much the choice of 0.5 matters.
 *
 * @throws DiraError as {@link overlap} does.
 */
export function overlapAtThresholds(
  predictions: readonly VoxelMap[],
  truth: readonly VoxelMap[],
  thresholds: readonly number[],
  options: Omit<OverlapOptions, "threshold"> = {},
): readonly (Overlap & { readonly threshold: number })[] {
  return thresholds.map((threshold) => ({
    threshold,
    ...overlap(predictions, truth, { ...options, threshold }),
  }));
}

function countsOf(
  where: string,
  prediction: VoxelMap,
  truth: VoxelMap,
  threshold: number,
): OverlapCounts {
  checkSameShape(where, prediction, truth);
  const predicted = atLeast(`${where}, prediction`, prediction, threshold);
  const actual = maskOf(`${where}, truth`, truth);
  let [both, p, t] = [0, 0, 0];
  for (let i = 0; i < actual.length; i += 1) {
    both += (actual[i] as number) & (predicted[i] as number);
    p += predicted[i] as number;
    t += actual[i] as number;
  }
  return { both, predicted: p, truth: t };
}
