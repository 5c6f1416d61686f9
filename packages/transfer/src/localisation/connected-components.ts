import { maskOf, stridesOf, type VoxelMap } from "../metrics/voxel-map.ts";

/** Options of {@link connectedComponents}. */
export interface ComponentOptions {
  /**
   * Which voxels are neighbours: those that share a face (4 in 2D, 6 in 3D), or a corner, too (8, 26).
   *
   * @defaultValue "faces"
   */
  readonly connectivity?: "faces" | "corners";
}

/** Parts of a mask that hang together. */
export interface Components {
  /** Of each voxel the number of its component, from 1 in the order of their first voxels; 0 for background. */
  readonly labels: Int32Array;
  /** Voxels of each component: the first is component 1's. */
  readonly sizes: readonly number[];
}

/**
 * Connected components of a mask's foreground, in any rank, as `scipy.ndimage.label` (with
 * `generate_binary_structure(rank, 1)` for faces, `(rank, rank)` for corners).
 *
 * @param mask - of 0 and 1.
 * @throws DiraError for other values, or a shape that does not fit.
 */
export function connectedComponents(
  mask: VoxelMap,
  { connectivity = "faces" }: ComponentOptions = {},
): Components {
  const foreground = maskOf("connectedComponents", mask);
  const offsets = offsetsOf(mask.shape, connectivity);
  const labels = new Int32Array(foreground.length);
  const sizes: number[] = [];
  for (let at = foreground.indexOf(1); at !== -1; at = foreground.indexOf(1, at + 1)) {
    if (labels[at] === 0) sizes.push(flood(foreground, labels, at, sizes.length + 1, offsets));
  }
  return { labels, sizes };
}

/** Numbers all that hangs together with a voxel. @returns how many voxels those are. */
function flood(
  inside: Uint8Array,
  labels: Int32Array,
  first: number,
  number: number,
  steps: readonly Offset[],
): number {
  const waiting = [first];
  labels[first] = number;
  let size = 0;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    size += 1;
    for (const { step, axes } of steps) {
      const to = at + step;
      if (inside[to] !== 1 || labels[to] !== 0 || leaves(at, axes)) continue;
      labels[to] = number;
      waiting.push(to);
    }
  }
  return size;
}

/** A step to a neighbour. */
interface Offset {
  readonly step: number;
  readonly axes: readonly Move[];
}

/** The part of a step along one axis, −1 or 1. */
interface Move {
  readonly by: number;
  readonly stride: number;
  readonly length: number;
}

/** Whether a step would leave the map, and end at its other side. */
function leaves(at: number, axes: readonly Move[]): boolean {
  return axes.some(({ by, stride, length }) => {
    const index = (Math.floor(at / stride) % length) + by;
    return index < 0 || index >= length;
  });
}

function offsetsOf(shape: readonly number[], connectivity: "faces" | "corners"): readonly Offset[] {
  const strides = stridesOf(shape);
  const steps = shape.reduce<number[][]>(
    (all) => all.flatMap((step) => [-1, 0, 1].map((by) => [...step, by])),
    [[]],
  );
  return steps
    .map((step) => step.flatMap((by, axis) => (by === 0 ? [] : [{ by, axis }])))
    .filter((moves) => moves.length > 0 && (connectivity === "corners" || moves.length === 1))
    .map((moves) => {
      const axes = moves.map(({ by, axis }) => ({
        by,
        stride: strides[axis] as number,
        length: shape[axis] as number,
      }));
      return { step: axes.reduce((sum, { by, stride }) => sum + by * stride, 0), axes };
    });
}
