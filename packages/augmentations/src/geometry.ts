import { DiraError } from "./errors.ts";
import type { LabelledBox, Pixels, Raster } from "./sample.ts";

/** `source index = matrix · result index + offset`, axes in the order of the shape. */
export interface IndexMap {
  /** `[rank, rank]`, row by row. */
  readonly matrix: readonly number[];
  readonly offset: readonly number[];
}

/** What places a raster in the world. */
type Placed = Omit<Raster<Pixels>, "data">;

/** Where a raster lies in the world; see {@link Raster}. */
export interface Geometry {
  readonly spacing: readonly number[];
  readonly origin: readonly number[];
  readonly direction: readonly (readonly number[])[];
}

/** The map that scales and shifts along each axis. */
export function axisMap(scale: readonly number[], offset: readonly number[]): IndexMap {
  const rank = scale.length;
  const matrix = new Array<number>(rank * rank).fill(0);
  scale.forEach((factor, axis) => {
    matrix[axis * rank + axis] = factor;
  });
  return { matrix, offset };
}

/** A raster's geometry with what it leaves unsaid: 1 mm apart, from 0, the last axis along x. */
export function geometryOf({ shape, spacing, origin, direction }: Placed): Geometry {
  const rank = shape.length;
  return {
    spacing: spacing ?? shape.map(() => 1),
    origin: origin ?? shape.map(() => 0),
    direction:
      direction ?? shape.map((_, axis) => shape.map((_s, d) => Number(d === rank - 1 - axis))),
  };
}

/** World position in mm (or pixels, without spacing) of a pixel's centre: `[x, y]` or `[x, y, z]`. */
export function worldPosition(raster: Placed, index: readonly number[]): number[] {
  const { spacing, origin, direction } = geometryOf(raster);
  return origin.map((start, d) =>
    index.reduce(
      (sum, i, axis) => sum + i * (spacing[axis] as number) * (direction[axis]?.[d] as number),
      start,
    ),
  );
}

/**
 * Geometry of a result whose pixels come from a raster by an index map: what a pixel shows stays where it
 * was in the world. Nothing for a raster that says nothing of its place.
 */
export function movedGeometry(raster: Raster<Pixels>, map: IndexMap): Partial<Geometry> {
  const { spacing, origin, direction } = raster;
  if (spacing === undefined && origin === undefined && direction === undefined) return {};
  const rank = raster.shape.length;
  const full = geometryOf(raster);
  const columns = raster.shape.map((_, axis) => columnOf(full, map, axis, rank));
  return {
    spacing: columns.map(({ length }) => length),
    origin: worldPosition(raster, map.offset).map(plain),
    direction: columns.map(({ unit }) => unit),
  };
}

/** How the world position moves along one axis of the result. */
function columnOf(
  { spacing, direction }: Geometry,
  { matrix }: IndexMap,
  axis: number,
  rank: number,
): { readonly length: number; readonly unit: readonly number[] } {
  const sources = spacing.map((_, a) => matrix[a * rank + axis] as number);
  const only = sources.findIndex((value) => value !== 0);
  if (sources.every((value, a) => value === 0 || a === only)) {
    const factor = sources[only] as number; // One axis: no rounding by a norm.
    return {
      length: (spacing[only] as number) * Math.abs(factor),
      unit: (direction[only] as readonly number[]).map((v) => plain(v * Math.sign(factor))),
    };
  }
  const column = (direction[0] as readonly number[]).map((_, d) =>
    sources.reduce(
      (sum, value, a) => sum + value * (spacing[a] as number) * (direction[a]?.[d] as number),
      0,
    ),
  );
  const length = Math.hypot(...column);
  return { length, unit: column.map((v) => plain(v / length)) };
}

/** 0 for −0, which would not equal 0 in a comparison of records. */
function plain(value: number): number {
  return value + 0;
}

/** The map back: from source index to result index. */
function invertMap({ matrix, offset }: IndexMap): IndexMap {
  const inverse = invertMatrix(matrix);
  return { matrix: inverse, offset: multiply(inverse, offset).map((v) => plain(-v)) };
}

/** `matrix · vector`. */
export function multiply(matrix: readonly number[], vector: readonly number[]): number[] {
  const rank = vector.length;
  return vector.map((_, row) =>
    vector.reduce((sum, v, column) => sum + (matrix[row * rank + column] as number) * v, 0),
  );
}

/**
 * Inverse of a 2×2 or 3×3 matrix, by cofactors.
 *
 * @throws DiraError when it has none.
 */
export function invertMatrix(m: readonly number[]): number[] {
  const [a, b, c, d] = m as [number, number, number, number];
  if (m.length === 4) {
    const det = a * d - b * c;
    checkDeterminant(det);
    return [d, -b, -c, a].map((v) => plain(v / det));
  }
  const at = (row: number, column: number): number => m[(row % 3) * 3 + (column % 3)] as number;
  const cofactor = (row: number, column: number): number =>
    at(row + 1, column + 1) * at(row + 2, column + 2) -
    at(row + 1, column + 2) * at(row + 2, column + 1);
  const det = [0, 1, 2].reduce((sum, column) => sum + at(0, column) * cofactor(0, column), 0);
  checkDeterminant(det);
  return m.map((_, i) => plain(cofactor(i % 3, Math.floor(i / 3)) / det));
}

function checkDeterminant(det: number): void {
  if (Number.isFinite(det) && det !== 0) return;
  throw new DiraError(`augmentations: a spatial transform needs a matrix that has an inverse.`);
}

/** Boxes as they lie in a result of this size: what is left of each within it; those outside go. */
export function movedBoxes(
  boxes: readonly LabelledBox[],
  map: IndexMap,
  size: readonly number[],
): LabelledBox[] {
  const { matrix, offset } = invertMap(map);
  const rank = size.length;
  return boxes.flatMap(({ label, box }) => {
    const corners = Array.from({ length: 2 ** rank }, (_, bits) => {
      // Edges lie half a pixel before the centres that indices name.
      const corner = size.map(
        (_s, axis) =>
          (box[axis] as number) + ((bits >> axis) & 1) * (box[rank + axis] as number) - 0.5,
      );
      return multiply(matrix, corner).map((v, axis) => v + (offset[axis] as number) + 0.5);
    });
    return clippedBox(label, corners, size);
  });
}

/** The box around some points, cut to the image; none where nothing is left. */
export function clippedBox(
  label: string,
  points: readonly (readonly number[])[],
  size: readonly number[],
): LabelledBox[] {
  const low = size.map((_, axis) => Math.max(0, Math.min(...points.map((p) => p[axis] as number))));
  const high = size.map((side, axis) =>
    Math.min(side, Math.max(...points.map((p) => p[axis] as number))),
  );
  const lengths = high.map((end, axis) => end - (low[axis] as number));
  if (lengths.some((length) => !(length > 1e-9))) return [];
  return [{ label, box: [...low.map(plain), ...lengths] }];
}
