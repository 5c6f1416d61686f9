/** Where the windows over one axis start. */
export interface AxisWindows {
  /** Voxels of padding before the axis, where it is shorter than the window. */
  readonly before: number;
  /** In voxels of the axis, below 0 in the padding; from the first. */
  readonly starts: readonly number[];
}

/**
 * Window positions along an axis by MONAI's rule: a step of `max(1, ⌊roi · (1 − overlap)⌋)`; the last window is moved
 * back to lie flush with the end, so that it may overlap its neighbour more than the others do. A shorter axis is padded
 * to the window, `⌊(roi − side) / 2⌋` before it and the rest behind.
 *
 * @see `_get_scan_interval` and `dense_patch_slices`,
 *   https://github.com/Project-MONAI/MONAI/blob/dev/monai/inferers/utils.py and `…/monai/data/utils.py`
 */
export function windowPositions(side: number, roi: number, overlap: number): AxisWindows {
  const before = Math.floor(Math.max(0, roi - side) / 2);
  const last = Math.max(side, roi) - roi;
  const step = Math.max(1, Math.floor(roi * (1 - overlap)));
  const count = Math.ceil(last / step) + 1;
  const starts = Array.from({ length: count }, (_, n) => Math.min(n * step, last) - before);
  return { before, starts };
}
