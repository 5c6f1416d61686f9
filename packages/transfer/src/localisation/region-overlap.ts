import { DiraError } from "@dira/tensor";
import { checkSameShape, maskOf, type VoxelMap } from "../metrics/voxel-map.ts";
import { boxVolume, checkBox, type VoxelBox } from "./box.ts";

/** How a detected region and the true one overlap. */
export interface RegionOverlap {
  /** Intersection over union; in [0, 1]. */
  readonly iou: number;
  /** Intersection over the detected region (IoBB): 1 when it lies within the true one, however small. */
  readonly iobb: number;
}

/**
 * IoU and IoBB of two boxes, in any rank; as `torchvision.ops.box_iou` for the first.
 *
 * @param detected - `[start …, length …]`; undefined, where nothing was detected, overlaps by 0.
 * @param truth - of the same rank.
 * @throws DiraError for boxes of different ranks, or without any extent.
 * @see Wang et al. 2017 (ChestX-ray8), section 4.3, https://arxiv.org/abs/1705.02315
 */
export function boxOverlap(detected: VoxelBox | undefined, truth: VoxelBox): RegionOverlap {
  const rank = truth.length / 2;
  checkBox("boxOverlap, truth", truth, rank);
  if (detected === undefined) return { iou: 0, iobb: 0 };
  checkBox("boxOverlap, detected", detected, rank);
  let both = 1;
  for (let axis = 0; axis < rank; axis += 1) {
    const [a, b] = [detected[axis] as number, truth[axis] as number];
    const end = Math.min(a + (detected[axis + rank] ?? 0), b + (truth[axis + rank] ?? 0));
    both *= Math.max(0, end - Math.max(a, b));
  }
  const [found, true_] = [boxVolume(detected), boxVolume(truth)];
  return { iou: both / (found + true_ - both), iobb: both / found };
}

/**
 * {@link boxOverlap} of regions of any form, by their masks. An empty detected mask overlaps by 0.
 *
 * @param detected - of 0 and 1. @param truth - of the same shape, not empty.
 * @throws DiraError for other values, other shapes, or an empty truth: there is nothing to localise.
 */
export function maskOverlap(detected: VoxelMap, truth: VoxelMap): RegionOverlap {
  checkSameShape("maskOverlap", detected, truth);
  const found = maskOf("maskOverlap, detected", detected);
  const actual = maskOf("maskOverlap, truth", truth);
  let [both, a, b] = [0, 0, 0];
  found.forEach((value, at) => {
    both += value & (actual[at] as number);
    a += value;
    b += actual[at] as number;
  });
  if (b === 0) throw new DiraError("maskOverlap: the true mask is empty; leave the image out.");
  return { iou: both / (a + b - both), iobb: a === 0 ? 0 : both / a };
}
