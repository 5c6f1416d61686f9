import { type ImageCache, indexToWorld, type Place, type Scan, worldToIndex } from "@dira/data";
import { boxOverlap, type VoxelBox, type VoxelMap } from "@dira/transfer";

/** A grid of pixels and where it lies in the world. */
export type Grid = Pick<Scan, "shape" | "spacing" | "origin" | "direction">;

/** Images that know where their pixels lie on the image as it was released. */
export interface PlacedImages {
  /** The images; the places of views that are made of them are in the world of {@link released}. */
  readonly cache: ImageCache;
  /** The grid of an image as it was released, which boxes and masks are given on. */
  released(index: number): Promise<Grid>;
}

/**
 * Gives images a place in one world with the image as it was released, so that resizing and cropping them, which keep
 * track of it, say where a view's pixels lie there: volumes have theirs in mm; the pixels of other images, which are kept
 * smaller, are set as far apart as they are in the released image, whose own are 1 apart.
 */
export function placedImages(cache: ImageCache): PlacedImages {
  const grids = new Map<number, Grid>();
  const released = async (index: number): Promise<Grid> => {
    const known = grids.get(index);
    if (known !== undefined) return known;
    const { data: _, ...grid } = await cache.set.read(index);
    const inMillimetres = cache.set.spatialRank === 3 && grid.spacing !== undefined;
    const own = inMillimetres ? grid : { shape: grid.shape };
    grids.set(index, own);
    return own;
  };
  const get = async (index: number): Promise<Scan> => {
    const [scan, grid] = [await cache.get(index), await released(index)];
    return grid.spacing === undefined ? placedOn(scan, grid.shape) : scan;
  };
  return { cache: { ...cache, get }, released };
}

/** An image that was shrunk from a shape, with a place in that image's own pixels. */
function placedOn({ data, shape }: Scan, from: readonly number[]): Scan {
  const spacing = shape.map((side, axis) => (from[axis] as number) / side);
  // The world names x first.
  const origin = spacing.map((pixels) => (pixels - 1) / 2).reverse();
  return { data, shape, spacing, origin };
}

/** A view of an image: its sides, and where it lies. */
export interface ViewGrid extends Place {
  readonly shape: readonly number[];
}

/** How an index on one grid becomes one on another: `start + Σ_a index[a] · steps[a]`. */
interface IndexMap {
  readonly start: readonly number[];
  readonly steps: readonly (readonly number[])[];
}

function indexMap(from: Grid, to: Grid): IndexMap {
  const at = (index: readonly number[]): number[] => worldToIndex(to, indexToWorld(from, index));
  const start = at(from.shape.map(() => 0));
  const steps = from.shape.map((_, axis) => {
    const one = at(from.shape.map((_side, a) => Number(a === axis)));
    return one.map((value, a) => value - (start[a] as number));
  });
  return { start, steps };
}

/** Room for rounding where a pixel's edge is a view's. */
const ROUNDING = 1e-6;

/**
 * A view's heat map as one of the released image: each pixel takes the map's value at its centre, linearly; 0 where the view
 * does not reach, as beyond a central crop.
 */
export function onReleased(map: Float32Array, view: ViewGrid, image: Grid): VoxelMap {
  const { start, steps } = indexMap(image, view);
  const { shape } = image;
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const index = shape.map(() => 0);
  const place = shape.map(() => 0);
  for (let i = 0; i < data.length; i += 1) {
    for (let axis = 0; axis < place.length; axis += 1) {
      let sum = start[axis] as number;
      for (let a = 0; a < index.length; a += 1)
        sum += (index[a] as number) * (steps[a]?.[axis] as number);
      place[axis] = sum;
    }
    data[i] = valueAt(map, view.shape, place);
    for (let axis = index.length - 1; axis >= 0; axis -= 1) {
      index[axis] = ((index[axis] as number) + 1) % (shape[axis] as number);
      if (index[axis] !== 0) break;
    }
  }
  return { data, shape };
}

/** Linear between pixel centres, the border's value up to the border's edge, 0 beyond. */
function valueAt(map: Float32Array, shape: readonly number[], place: readonly number[]): number {
  let corners: (readonly [at: number, weight: number])[] = [[0, 1]];
  for (let axis = 0; axis < shape.length; axis += 1) {
    const side = shape[axis] as number;
    const x = place[axis] as number;
    if (x < -0.5 - ROUNDING || x > side - 0.5 + ROUNDING) return 0;
    const inside = Math.min(Math.max(x, 0), side - 1);
    const low = Math.floor(inside);
    const part = inside - low;
    corners = corners.flatMap(([at, weight]) =>
      part === 0
        ? [[at * side + low, weight] as const]
        : [
            [at * side + low, weight * (1 - part)] as const,
            [at * side + low + 1, weight * part] as const,
          ],
    );
  }
  return corners.reduce((sum, [at, weight]) => sum + weight * (map[at] as number), 0);
}

/** The share of a box that a view shows, by its volume. */
export function shareInView(box: VoxelBox, view: ViewGrid, image: Grid): number {
  const { start, steps } = indexMap(view, image);
  const ends = start.map((value, axis) => {
    const reach = steps.map((step, a) =>
      [-0.5, (view.shape[a] as number) - 0.5].map((end) => end * (step[axis] as number)),
    );
    const low = reach.reduce((sum, both) => sum + Math.min(...both), value + 0.5);
    const high = reach.reduce((sum, both) => sum + Math.max(...both), value + 0.5);
    return { low, length: high - low };
  });
  const seen = [...ends.map(({ low }) => low), ...ends.map(({ length }) => length)];
  return boxOverlap(box, seen).iobb;
}
