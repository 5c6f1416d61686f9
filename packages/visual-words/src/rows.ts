import type { VoxelBox } from "./box.ts";

/** Calls `visit(offset, length)` for each row of a box in a volume of any rank, in the order of the array. */
export function visitRows(
  shape: readonly number[],
  { start, size }: VoxelBox,
  visit: (from: number, length: number) => void,
): void {
  const rank = shape.length;
  const length = size[rank - 1] as number;
  const walk = (axis: number, offset: number): void => {
    const at = offset * (shape[axis] as number) + (start[axis] as number);
    if (axis === rank - 1) return visit(at, length);
    for (let i = 0; i < (size[axis] as number); i += 1) walk(axis + 1, at + i);
  };
  walk(0, 0);
}
