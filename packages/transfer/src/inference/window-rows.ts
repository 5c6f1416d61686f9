/** Visits a run of voxels: where it begins in the image and in the window, and how long it is. */
type Visit = (inImage: number, inWindow: number, length: number) => void;

/**
 * Visits the voxels that a window and the image share, row by row along the last axis; of any rank.
 *
 * @param sides - of the image. @param roi - sides of the window. @param starts - below 0 in the padding.
 */
export function windowRows(
  sides: readonly number[],
  roi: readonly number[],
  starts: readonly number[],
  visit: Visit,
): void {
  const axis = sides.length - 1;
  const [side, width, start] = [sides, roi, starts].map((list) => list[axis] as number) as [
    number,
    number,
    number,
  ];
  const left = Math.max(0, -start);
  const length = Math.min(width, side - start) - left;
  const rows = roi.slice(0, axis).reduce((a, b) => a * b, 1);
  for (let row = 0; row < rows; row += 1) {
    const line = lineOf(row, sides, roi, starts);
    if (line !== undefined) visit(line * side + start + left, row * width + left, length);
  }
}

/** Number of the image's row that is this row of the window; undefined in the padding. */
function lineOf(
  row: number,
  sides: readonly number[],
  roi: readonly number[],
  starts: readonly number[],
): number | undefined {
  let [rest, line, stride] = [row, 0, 1];
  for (let axis = sides.length - 2; axis >= 0; axis -= 1) {
    const [side, length] = [sides[axis] as number, roi[axis] as number];
    const index = (starts[axis] as number) + (rest % length);
    if (index < 0 || index >= side) return undefined;
    rest = Math.floor(rest / length);
    line += index * stride;
    stride *= side;
  }
  return line;
}
