import type { Tile } from "./grid.ts";

/**
 * The middle slices of a volume `[depth, height, width]` (z to the head, y to the back, x to the left), as radiology shows
 * them: axial, coronal and sagittal, the head up in the latter two.
 */
export function orthogonalSlices(
  volume: Float32Array,
  [depth, height, width]: readonly [number, number, number],
): readonly Tile[] {
  const at = (z: number, y: number, x: number): number => volume[(z * height + y) * width + x] ?? 0;
  const [z, y, x] = [depth, height, width].map((side) => Math.floor(side / 2)) as [
    number,
    number,
    number,
  ];
  return [
    { height, width, value: (row, column) => at(z, row, column) },
    { height: depth, width, value: (row, column) => at(depth - 1 - row, y, column) },
    { height: depth, width: height, value: (row, column) => at(depth - 1 - row, column, x) },
  ];
}
